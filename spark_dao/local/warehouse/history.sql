-- What statements the warehouse received. Columns of the views: Redshift guide, "SYS_QUERY_HISTORY", "STL_QUERY",
-- "STL_QUERYTEXT", "STV_RECENTS"; what this warehouse does not know is NULL.
CREATE UNLOGGED TABLE IF NOT EXISTS spark_dao_warehouse.statements (
    query_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    session integer NOT NULL,
    user_name text NOT NULL,
    query_text text NOT NULL,
    keyword text NOT NULL,
    start_time timestamp NOT NULL,
    end_time timestamp NOT NULL,
    tag text NOT NULL,
    error_message text NOT NULL
);

CREATE OR REPLACE FUNCTION spark_dao_warehouse.forget_statements() RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM spark_dao_warehouse.statements
    WHERE query_id <= (SELECT max(query_id) - 20000 FROM spark_dao_warehouse.statements)
$$;

CREATE OR REPLACE VIEW spark_dao_warehouse.history AS
SELECT *, (extract(epoch FROM end_time - start_time) * 1000000)::bigint AS elapsed,
       CASE WHEN tag ~ '[0-9]$' THEN substring(tag FROM '[0-9]+$')::bigint END AS rows_affected,
       (SELECT usesysid::integer FROM pg_user u WHERE u.usename = user_name) AS user_id
FROM spark_dao_warehouse.statements
-- A regular user sees only what is his own.
WHERE user_name = current_user OR (SELECT usesuper FROM pg_user WHERE usename = current_user);

CREATE OR REPLACE VIEW pg_catalog.sys_query_history AS
SELECT user_id, query_id, NULL::varchar AS query_label, NULL::bigint AS transaction_id, session AS session_id,
       current_database()::varchar AS database_name,
       CASE
           WHEN keyword IN ('SELECT', 'WITH') THEN 'SELECT'
           WHEN keyword IN ('INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'UNLOAD') THEN keyword
           WHEN keyword IN ('CREATE', 'ALTER', 'DROP', 'TRUNCATE', 'COMMENT', 'GRANT', 'REVOKE') THEN 'DDL'
           ELSE 'UTILITY'
       END::varchar AS query_type,
       CASE WHEN error_message = '' THEN 'success' ELSE 'failed' END::varchar AS status,
       false AS result_cache_hit, start_time, end_time, elapsed AS elapsed_time, 0::bigint AS queue_time,
       elapsed AS execution_time, error_message::varchar(512) AS error_message, rows_affected AS returned_rows,
       NULL::bigint AS returned_bytes, query_text::varchar(4000) AS query_text, NULL::varchar AS redshift_version,
       user_name::varchar AS username
FROM spark_dao_warehouse.history;

CREATE OR REPLACE VIEW pg_catalog.sys_load_history AS
SELECT user_id, query_id, NULL::varchar AS query_label, NULL::bigint AS transaction_id, session AS session_id,
       current_database()::varchar AS database_name,
       CASE WHEN error_message = '' THEN 'completed' ELSE 'failed' END::varchar AS status,
       start_time, end_time, elapsed AS duration, rows_affected AS loaded_rows,
       error_message::varchar(512) AS error_message, 'parquet'::varchar AS file_format
FROM spark_dao_warehouse.history WHERE keyword = 'COPY';

CREATE OR REPLACE VIEW pg_catalog.stl_query AS
SELECT user_id AS userid, query_id::integer AS query, NULL::varchar(320) AS label, NULL::bigint AS xid, session AS pid,
       current_database()::varchar(32) AS database, query_text::varchar(4000) AS querytxt, start_time AS starttime,
       end_time AS endtime, CASE WHEN error_message = '' THEN 0 ELSE 1 END AS aborted
FROM spark_dao_warehouse.history;

CREATE OR REPLACE VIEW pg_catalog.stl_querytext AS
SELECT h.user_id AS userid, NULL::bigint AS xid, h.session AS pid, h.query_id::integer AS query, n AS sequence,
       substring(h.query_text FROM n * 200 + 1 FOR 200)::varchar(200) AS text
FROM spark_dao_warehouse.history h
CROSS JOIN LATERAL generate_series(0, (length(h.query_text) - 1) / 200) n;

CREATE OR REPLACE VIEW pg_catalog.stv_recents AS
SELECT usesysid::integer AS userid, CASE WHEN state = 'active' THEN 'Running' ELSE 'Done' END::varchar(20) AS status,
       query_start AT TIME ZONE 'UTC' AS starttime,
       (extract(epoch FROM clock_timestamp() - query_start) * 1000000)::integer AS duration,
       usename::varchar(50) AS user_name, datname::varchar(50) AS db_name, query::varchar(600) AS query, pid
FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name NOT LIKE 'spark!_dao warehouse%' ESCAPE '!';
