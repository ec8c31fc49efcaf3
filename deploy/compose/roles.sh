#!/bin/sh
# Run by the image of PostgreSQL, once, when its data folder is empty: the role that owns the tables, the role that serves,
# and the database between them. Over an older folder do the same by hand: docs/operations.md has the statements.
set -eu
psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set=owner_password="$OWNER_PASSWORD" --set=app_password="$APP_PASSWORD" <<'SQL'
create role writ_owner login password :'owner_password';
create role writ_app login password :'app_password';
create database writ owner writ_owner;
revoke all on database writ from public;
grant connect on database writ to writ_app;
SQL
