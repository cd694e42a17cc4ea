"""The only SQL: plain typed functions, connection first, domain records out."""
