-- VARCHAR(n) and CHAR(n) as Redshift has them (guide, "Character types"): lengths are bytes, CHAR takes single-byte
-- characters only, blanks that are too many are cut off, and trailing blanks do not count in comparisons.

-- How PostgreSQL fits a value to a declared length is a cast from the type to itself; its functions count characters.
-- The common case is an expression that PostgreSQL inlines, so that it costs nothing.
CREATE OR REPLACE FUNCTION spark_dao_warehouse.varchar_overflow(value varchar, modifier integer, explicit boolean)
    RETURNS varchar LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    width CONSTANT integer := modifier - 4;
    kept varchar := left(value, width);
BEGIN
    IF NOT explicit AND octet_length(rtrim(value, ' ')) > width THEN
        RAISE EXCEPTION USING ERRCODE = '22001', MESSAGE = format('value too long for type character varying(%s)', width);
    END IF;
    WHILE octet_length(kept) > width LOOP
        kept := left(kept, -1);
    END LOOP;
    RETURN kept;
END
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.varchar_in_bytes(varchar, integer, boolean) RETURNS varchar
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN $2 < 4 OR octet_length($1) <= $2 - 4 THEN $1
        ELSE spark_dao_warehouse.varchar_overflow($1, $2, $3)
    END
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.char_refused(value bpchar) RETURNS bpchar
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET standard_conforming_strings = on AS $$
DECLARE
    bytes CONSTANT text := encode(convert_to(substring(value FROM '[^\x01-\x7f]'), 'UTF8'), 'hex');
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'XX000', MESSAGE =
        'Multibyte character not supported for CHAR (Hint: Try using VARCHAR). Invalid char: '
        || regexp_replace(bytes, '(..)(?=.)', '\1 ', 'g');
END
$$;

CREATE OR REPLACE FUNCTION spark_dao_warehouse.char_single_byte(bpchar, integer, boolean) RETURNS bpchar
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN octet_length($1::text) = char_length($1::text) THEN pg_catalog.bpchar($1, $2, $3)
        ELSE spark_dao_warehouse.char_refused($1)
    END
$$;

UPDATE pg_cast SET castfunc = 'spark_dao_warehouse.varchar_in_bytes(varchar, integer, boolean)'::regprocedure
WHERE castsource = 'varchar'::regtype AND casttarget = 'varchar'::regtype;
UPDATE pg_cast SET castfunc = 'spark_dao_warehouse.char_single_byte(bpchar, integer, boolean)'::regprocedure
WHERE castsource = 'bpchar'::regtype AND casttarget = 'bpchar'::regtype;

-- PostgreSQL's VARCHAR compares by the operators of TEXT. Those of its CHAR pass over trailing blanks, on the same
-- representation; sorting, grouping and hash joins must follow.
UPDATE pg_operator o SET oprcode = replacement::regproc
FROM (VALUES
    ('texteq', 'bpchareq'), ('textne', 'bpcharne'), ('text_lt', 'bpcharlt'), ('text_le', 'bpcharle'),
    ('text_gt', 'bpchargt'), ('text_ge', 'bpcharge')
) AS r(original, replacement)
WHERE o.oprcode = original::regproc AND o.oprleft = 'text'::regtype AND o.oprright = 'text'::regtype;
UPDATE pg_amproc p SET amproc = replacement::regproc
FROM (VALUES
    ('bttextcmp', 'bpcharcmp'), ('bttextsortsupport', 'bpchar_sortsupport'), ('hashtext', 'hashbpchar'),
    ('hashtextextended', 'hashbpcharextended')
) AS r(original, replacement)
WHERE p.amproc = original::regproc AND p.amproclefttype = 'text'::regtype AND p.amprocrighttype = 'text'::regtype;
