#!/bin/sh
# Run by the PostgreSQL image when its volume is empty: the database, its owner (who migrates) and the program's role (who may not).
set -eu
secrets=${SECRETS:-/run/secrets}
psql -v ON_ERROR_STOP=1 -q --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set=owner="$(cat "$secrets/owner_password")" --set=program="$(cat "$secrets/program_password")" <<'SQL'
SELECT 'CREATE ROLE alongside_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alongside_owner') \gexec
SELECT 'CREATE ROLE alongside LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'alongside') \gexec
ALTER ROLE alongside_owner PASSWORD :'owner' NOSUPERUSER NOBYPASSRLS;
ALTER ROLE alongside PASSWORD :'program' NOSUPERUSER NOBYPASSRLS;
SELECT 'CREATE DATABASE alongside OWNER alongside_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'alongside') \gexec
REVOKE ALL ON DATABASE alongside FROM PUBLIC;
GRANT CONNECT ON DATABASE alongside TO alongside;
SQL
