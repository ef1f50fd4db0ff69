-- CHAR columns of those views are VARCHAR here, for they hold names and texts of any characters.
-- What Redshift's catalog has and PostgreSQL's lacks. Columns of the views: Redshift guide, "System tables reference".
SET allow_system_table_mods = on;

CREATE SCHEMA IF NOT EXISTS spark_dao_warehouse;

CREATE TABLE IF NOT EXISTS spark_dao_warehouse.table_attributes (
    table_id oid PRIMARY KEY,
    attributes jsonb NOT NULL
);

CREATE TABLE IF NOT EXISTS spark_dao_warehouse.load_errors (
    number bigint GENERATED ALWAYS AS IDENTITY,
    table_id oid,
    start_time timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    file_name text NOT NULL,
    column_name text NOT NULL,
    column_type text NOT NULL,
    error_code integer NOT NULL,
    error_message text NOT NULL
);

DO $$
BEGIN
    IF to_regtype('pg_catalog.super') IS NULL THEN
        CREATE DOMAIN pg_catalog.super AS jsonb;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION pg_catalog.getdate() RETURNS timestamp
    LANGUAGE sql STABLE AS 'SELECT date_trunc(''second'', statement_timestamp() AT TIME ZONE ''UTC'')';
CREATE OR REPLACE FUNCTION pg_catalog.nvl(anycompatible, anycompatible) RETURNS anycompatible
    LANGUAGE sql IMMUTABLE AS 'SELECT coalesce($1, $2)';
CREATE OR REPLACE FUNCTION pg_catalog.len(text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT length($1)';
CREATE OR REPLACE FUNCTION pg_catalog.json_parse(text) RETURNS pg_catalog.super
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1::jsonb';
CREATE OR REPLACE FUNCTION pg_catalog.json_serialize(pg_catalog.super) RETURNS varchar
    LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1::text';
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint
    LANGUAGE sql STABLE AS 'SELECT coalesce(nullif(current_setting(''spark_dao.last_copy_count'', true), ''''), ''0'')::bigint';
CREATE OR REPLACE FUNCTION pg_catalog.pg_last_unload_count() RETURNS bigint
    LANGUAGE sql STABLE AS 'SELECT coalesce(nullif(current_setting(''spark_dao.last_unload_count'', true), ''''), ''0'')::bigint';

CREATE OR REPLACE FUNCTION spark_dao_warehouse.row_count(table_id oid) RETURNS bigint
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    result bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', table_id::regclass) INTO result;
    RETURN result;
END
$$;

-- MERGE … REMOVE DUPLICATES asks for it; PostgreSQL's INSERT would fill missing columns with their defaults.
CREATE OR REPLACE FUNCTION spark_dao_warehouse.same_columns(target regclass, source regclass) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    counts integer[] := ARRAY(
        SELECT count(*) FROM unnest(ARRAY[target, source]) WITH ORDINALITY AS r(id, place)
        JOIN pg_attribute a ON a.attrelid = r.id AND a.attnum > 0 AND NOT a.attisdropped GROUP BY place ORDER BY place
    );
BEGIN
    IF counts[1] <> counts[2] THEN
        RAISE EXCEPTION USING ERRCODE = '42601', MESSAGE =
            format('MERGE … REMOVE DUPLICATES: %s has %s columns, %s has %s', target, counts[1], source, counts[2]);
    END IF;
    RETURN true;
END
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.take_write_lock(table_id regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', table_id);
END
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.note_attributes(table_id oid, attributes jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO spark_dao_warehouse.table_attributes AS noted VALUES ($1, $2)
    ON CONFLICT ON CONSTRAINT table_attributes_pkey DO UPDATE SET attributes = noted.attributes || excluded.attributes
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.copy_attributes(parent_id oid, child_id oid) RETURNS void
    LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO spark_dao_warehouse.table_attributes
    SELECT $2, attributes FROM spark_dao_warehouse.table_attributes WHERE table_id = $1
    ON CONFLICT DO NOTHING
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.note_load_error(
    table_id oid, file_name text, column_name text, column_type text, error_code integer, error_message text
) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO spark_dao_warehouse.load_errors
        (table_id, file_name, column_name, column_type, error_code, error_message)
    VALUES ($1, $2, $3, $4, $5, $6)
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.target_columns(table_id oid) RETURNS TABLE (
    name text, type_oid oid, type_modifier integer, is_identity boolean, is_required boolean
)
    LANGUAGE sql STABLE AS $$
    SELECT a.attname::text, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END,
           a.atttypmod, a.attidentity <> '', a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
$$;

CREATE OR REPLACE VIEW spark_dao_warehouse.relations AS
SELECT c.oid AS table_id, n.nspname::varchar AS schema_name, c.relname::varchar AS table_name,
       CASE WHEN c.relkind IN ('v', 'm') THEN 'VIEW' ELSE 'TABLE' END::varchar AS table_type,
       obj_description(c.oid, 'pg_class')::varchar AS remarks, c.relkind AS kind
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT LIKE 'pg\_toast%' AND n.nspname <> 'spark_dao_warehouse';

CREATE OR REPLACE VIEW spark_dao_warehouse.columns AS
SELECT r.table_id, r.schema_name, r.table_name, a.attname::varchar AS column_name, a.attnum::integer AS ordinal_position,
       pg_get_expr(d.adbin, d.adrelid)::varchar AS column_default,
       CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END::varchar AS is_nullable,
       CASE format_type(a.atttypid, NULL)
           WHEN 'bytea' THEN 'binary varying' WHEN 'jsonb' THEN 'super' ELSE format_type(a.atttypid, NULL)
       END::varchar AS data_type,
       CASE WHEN format_type(a.atttypid, a.atttypmod) = 'bytea' THEN 'binary varying'
           ELSE format_type(a.atttypid, a.atttypmod)
       END::varchar AS full_type,
       CASE WHEN a.atttypid IN (1042, 1043) AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS character_maximum_length,
       CASE a.atttypid
           WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64
           WHEN 1700 THEN CASE WHEN a.atttypmod > 4 THEN (a.atttypmod - 4) >> 16 & 65535 END
       END AS numeric_precision,
       CASE a.atttypid
           WHEN 21 THEN 0 WHEN 23 THEN 0 WHEN 20 THEN 0
           WHEN 1700 THEN CASE WHEN a.atttypmod > 4 THEN (a.atttypmod - 4) & 2047 END
       END AS numeric_scale,
       col_description(r.table_id, a.attnum)::varchar AS remarks
FROM spark_dao_warehouse.relations r
JOIN pg_attribute a ON a.attrelid = r.table_id AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

CREATE OR REPLACE VIEW pg_catalog.svv_tables AS
SELECT current_database()::varchar AS table_catalog, schema_name AS table_schema, table_name,
       CASE table_type WHEN 'TABLE' THEN 'BASE TABLE' ELSE table_type END::varchar AS table_type, remarks
FROM spark_dao_warehouse.relations;

CREATE OR REPLACE VIEW pg_catalog.svv_all_tables AS
SELECT current_database()::varchar AS database_name, schema_name, table_name, table_type,
       NULL::varchar AS table_acl, remarks
FROM spark_dao_warehouse.relations;

CREATE OR REPLACE VIEW pg_catalog.svv_columns AS
SELECT current_database()::varchar AS table_catalog, schema_name AS table_schema, table_name, column_name,
       ordinal_position, column_default, is_nullable, data_type, character_maximum_length, numeric_precision,
       numeric_scale, remarks, NULL::varchar AS domain_name
FROM spark_dao_warehouse.columns;

CREATE OR REPLACE VIEW pg_catalog.svv_all_columns AS
SELECT current_database()::varchar AS database_name, schema_name, table_name, column_name, ordinal_position,
       column_default, is_nullable, data_type, character_maximum_length, numeric_precision, numeric_scale, remarks
FROM spark_dao_warehouse.columns;

CREATE OR REPLACE VIEW pg_catalog.pg_table_def AS
SELECT c.schema_name AS schemaname, c.table_name AS tablename, c.column_name AS "column", c.full_type AS type,
       coalesce(t.attributes -> 'encodings' ->> c.column_name, 'none')::varchar AS encoding,
       coalesce(t.attributes ->> 'distkey' = c.column_name, false) AS distkey,
       coalesce(k.place, 0)::integer AS sortkey,
       c.is_nullable = 'NO' AS "notnull"
FROM spark_dao_warehouse.columns c
LEFT JOIN spark_dao_warehouse.table_attributes t ON t.table_id = c.table_id
LEFT JOIN LATERAL (
    SELECT place FROM jsonb_array_elements_text(t.attributes -> 'sortkey') WITH ORDINALITY AS e(name, place)
    WHERE e.name = c.column_name
) k ON true
WHERE c.schema_name = ANY (current_schemas(true))
ORDER BY c.table_id, c.ordinal_position;

-- Tables without rows do not appear (guide). Sizes and statistics are not emulated: they are NULL.
CREATE OR REPLACE VIEW pg_catalog.svv_table_info AS
SELECT current_database()::varchar AS "database", r.schema_name AS schema, r.table_id::integer AS table_id,
       r.table_name AS "table",
       CASE WHEN t.attributes -> 'encodings' <> '{}' THEN 'Y' ELSE 'Y, AUTO(ENCODE)' END::varchar AS encoded,
       coalesce(
           CASE t.attributes ->> 'diststyle'
               WHEN 'KEY' THEN 'KEY(' || (t.attributes ->> 'distkey') || ')'
               WHEN 'AUTO' THEN 'AUTO(ALL)'
               ELSE t.attributes ->> 'diststyle'
           END,
           'AUTO(ALL)'
       )::varchar AS diststyle,
       CASE
           WHEN t.attributes ->> 'sortstyle' = 'INTERLEAVED' THEN 'INTERLEAVED'
           ELSE coalesce(t.attributes -> 'sortkey' ->> 0, 'AUTO(SORTKEY)')
       END::varchar AS sortkey1,
       (SELECT max(character_maximum_length) FROM spark_dao_warehouse.columns c WHERE c.table_id = r.table_id)
           AS max_varchar,
       coalesce(jsonb_array_length(t.attributes -> 'sortkey'), 0) AS sortkey_num,
       NULL::bigint AS size, NULL::numeric(10, 4) AS pct_used, NULL::numeric(5, 2) AS unsorted,
       NULL::numeric(5, 2) AS stats_off, n.rows::numeric(38, 0) AS tbl_rows,
       n.rows::numeric(38, 0) AS estimated_visible_rows
FROM spark_dao_warehouse.relations r
LEFT JOIN spark_dao_warehouse.table_attributes t ON t.table_id = r.table_id
CROSS JOIN LATERAL (SELECT spark_dao_warehouse.row_count(r.table_id) AS rows) n
WHERE r.kind = 'r' AND r.schema_name NOT IN ('pg_catalog', 'information_schema') AND n.rows > 0;

CREATE OR REPLACE VIEW pg_catalog.stl_load_errors AS
SELECT 100 AS userid, 0 AS slice, table_id::integer AS tbl, start_time AS starttime, 0 AS session, number AS query,
       file_name::varchar(256) AS filename, 0::bigint AS line_number, column_name::varchar(127) AS colname,
       column_type::varchar(10) AS type, NULL::varchar(10) AS col_length, 0 AS position, NULL::varchar(1024) AS raw_line,
       NULL::varchar(1024) AS raw_field_value, error_code AS err_code, left(error_message, 100)::varchar(100) AS err_reason
FROM spark_dao_warehouse.load_errors;

CREATE OR REPLACE VIEW pg_catalog.sys_load_error_detail AS
SELECT 100 AS user_id, number AS query_id, current_database()::varchar AS database_name, table_id::integer AS table_id,
       start_time, file_name::varchar AS file_name, 0::bigint AS line_number, column_name::varchar AS column_name,
       column_type::varchar AS column_type, error_code, error_message::varchar AS error_message
FROM spark_dao_warehouse.load_errors;
