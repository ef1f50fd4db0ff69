-- Users besides the stack's own, who is the superuser; and what each may see (guide, "Visibility of data in system tables
-- and views"; measured on Serverless: permission denied for relation stl_load_errors, 42501).
CREATE TABLE IF NOT EXISTS spark_dao_warehouse.users (
    name text PRIMARY KEY,
    secret text NOT NULL
);

CREATE OR REPLACE FUNCTION spark_dao_warehouse.note_user(name text, secret text) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO spark_dao_warehouse.users VALUES ($1, $2)
    ON CONFLICT ON CONSTRAINT users_pkey DO UPDATE SET secret = excluded.secret
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.user_secret(name text) RETURNS text
    LANGUAGE sql AS $$
    SELECT u.secret FROM spark_dao_warehouse.users u JOIN pg_roles r ON r.rolname = u.name
    WHERE u.name = $1 AND r.rolcanlogin
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.make_administrator(name text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    IF to_regrole(quote_ident(name)) IS NULL THEN
        EXECUTE format('CREATE ROLE %I LOGIN SUPERUSER', name);
    END IF;
END
$$;

REVOKE ALL ON spark_dao_warehouse.users FROM PUBLIC;
REVOKE ALL ON FUNCTION spark_dao_warehouse.user_secret(text) FROM PUBLIC;
GRANT USAGE ON SCHEMA spark_dao_warehouse TO PUBLIC;
-- Everybody may make tables in the schema public (guide, "Default permissions").
GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC;
GRANT SELECT ON pg_catalog.svv_tables, pg_catalog.svv_all_tables, pg_catalog.svv_columns, pg_catalog.svv_all_columns,
    pg_catalog.pg_table_def, pg_catalog.sys_query_history, pg_catalog.sys_load_history, pg_catalog.sys_load_error_detail,
    pg_catalog.stv_recents
TO PUBLIC;
