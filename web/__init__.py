"""HTTP only: pages, forms and sign-in; everything that changes goes through matcher.actions."""
