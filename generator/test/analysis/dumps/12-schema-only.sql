--
-- PostgreSQL database dump
--

\restrict IfaUrdjPZVjNlDEMQCiDi5uPpKfJJuXvGNqeZousapSk9iOVqsfX7Uz8B8ZpiMG

-- Dumped from database version 12.22
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: app; Type: SCHEMA; Schema: -; Owner: app_owner
--

CREATE SCHEMA app;


ALTER SCHEMA app OWNER TO app_owner;

--
-- Name: other; Type: SCHEMA; Schema: -; Owner: other_owner
--

CREATE SCHEMA other;


ALTER SCHEMA other OWNER TO other_owner;

--
-- Name: public; Type: SCHEMA; Schema: -; Owner: postgres
--

-- *not* creating schema, since initdb creates it


ALTER SCHEMA public OWNER TO postgres;

--
-- Name: c; Type: COLLATION; Schema: app; Owner: app_owner
--

CREATE COLLATION app.c (provider = libc, locale = 'C');


ALTER COLLATION app.c OWNER TO app_owner;

--
-- Name: citext; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;


--
-- Name: EXTENSION citext; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';


--
-- Name: pgcrypto; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;


--
-- Name: EXTENSION pgcrypto; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pgcrypto IS 'cryptographic functions';


--
-- Name: email; Type: DOMAIN; Schema: app; Owner: app_owner
--

CREATE DOMAIN app.email AS text
	CONSTRAINT email_check CHECK ((VALUE ~ '@'::text));


ALTER DOMAIN app.email OWNER TO app_owner;

--
-- Name: frange; Type: TYPE; Schema: app; Owner: Odd Role
--

CREATE TYPE app.frange AS RANGE (
    subtype = double precision
);


ALTER TYPE app.frange OWNER TO "Odd Role";

--
-- Name: mood; Type: TYPE; Schema: app; Owner: app_owner
--

CREATE TYPE app.mood AS ENUM (
    'sad',
    'ok'
);


ALTER TYPE app.mood OWNER TO app_owner;

--
-- Name: pair; Type: TYPE; Schema: app; Owner: app_owner
--

CREATE TYPE app.pair AS (
	a integer,
	b text
);


ALTER TYPE app.pair OWNER TO app_owner;

--
-- Name: adder(integer, integer); Type: FUNCTION; Schema: app; Owner: Odd Role
--

CREATE FUNCTION app.adder(a integer, b integer DEFAULT 1) RETURNS integer
    LANGUAGE sql IMMUTABLE
    AS $$ select a + b $$;


ALTER FUNCTION app.adder(a integer, b integer) OWNER TO "Odd Role";

--
-- Name: doit(); Type: PROCEDURE; Schema: app; Owner: app_owner
--

CREATE PROCEDURE app.doit()
    LANGUAGE sql
    AS $$ select 1 $$;


ALTER PROCEDURE app.doit() OWNER TO app_owner;

--
-- Name: touch(); Type: FUNCTION; Schema: app; Owner: app_owner
--

CREATE FUNCTION app.touch() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin new.note := 'x;y'; return new; end $$;


ALTER FUNCTION app.touch() OWNER TO app_owner;

--
-- Name: mysum(integer); Type: AGGREGATE; Schema: app; Owner: app_owner
--

CREATE AGGREGATE app.mysum(integer) (
    SFUNC = int4pl,
    STYPE = integer
);


ALTER AGGREGATE app.mysum(integer) OWNER TO app_owner;

--
-- Name: <+>; Type: OPERATOR; Schema: app; Owner: app_owner
--

CREATE OPERATOR app.<+> (
    FUNCTION = app.adder,
    LEFTARG = integer,
    RIGHTARG = integer
);


ALTER OPERATOR app.<+> (integer, integer) OWNER TO app_owner;

--
-- Name: cfg; Type: TEXT SEARCH CONFIGURATION; Schema: app; Owner: app_owner
--

CREATE TEXT SEARCH CONFIGURATION app.cfg (
    PARSER = pg_catalog."default" );

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR asciiword WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR word WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR numword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR email WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR url WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR host WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR sfloat WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR version WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR hword_numpart WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR hword_part WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR hword_asciipart WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR numhword WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR asciihword WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR hword WITH english_stem;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR url_path WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR file WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR "float" WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR "int" WITH simple;

ALTER TEXT SEARCH CONFIGURATION app.cfg
    ADD MAPPING FOR uint WITH simple;


ALTER TEXT SEARCH CONFIGURATION app.cfg OWNER TO app_owner;

SET default_tablespace = '';

--
-- Name: events; Type: TABLE; Schema: app; Owner: app_owner
--

CREATE TABLE app.events (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    body jsonb
)
PARTITION BY RANGE (at);


ALTER TABLE app.events OWNER TO app_owner;

SET default_table_access_method = heap;

--
-- Name: events_2024; Type: TABLE; Schema: app; Owner: app_reader
--

CREATE TABLE app.events_2024 (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    body jsonb
);


ALTER TABLE app.events_2024 OWNER TO app_reader;

--
-- Name: events_default; Type: TABLE; Schema: app; Owner: app_owner
--

CREATE TABLE app.events_default (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    body jsonb
);


ALTER TABLE app.events_default OWNER TO app_owner;

--
-- Name: users; Type: TABLE; Schema: app; Owner: app_owner
--

CREATE TABLE app.users (
    id integer NOT NULL,
    email app.email NOT NULL,
    m app.mood DEFAULT 'ok'::app.mood,
    p app.pair,
    u public.citext
);


ALTER TABLE app.users OWNER TO app_owner;

--
-- Name: TABLE users; Type: COMMENT; Schema: app; Owner: app_owner
--

COMMENT ON TABLE app.users IS 'people; all';


--
-- Name: mv; Type: MATERIALIZED VIEW; Schema: app; Owner: Odd Role
--

CREATE MATERIALIZED VIEW app.mv AS
 SELECT users.id
   FROM app.users
  WITH NO DATA;


ALTER TABLE app.mv OWNER TO "Odd Role";

--
-- Name: users_id_seq; Type: SEQUENCE; Schema: app; Owner: app_owner
--

CREATE SEQUENCE app.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE app.users_id_seq OWNER TO app_owner;

--
-- Name: users_id_seq; Type: SEQUENCE OWNED BY; Schema: app; Owner: app_owner
--

ALTER SEQUENCE app.users_id_seq OWNED BY app.users.id;


--
-- Name: v; Type: VIEW; Schema: app; Owner: app_owner
--

CREATE VIEW app.v AS
 SELECT u.id,
    count(*) AS n
   FROM app.users u
  GROUP BY u.id;


ALTER TABLE app.v OWNER TO app_owner;

--
-- Name: free_seq; Type: SEQUENCE; Schema: other; Owner: other_owner
--

CREATE SEQUENCE other.free_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE other.free_seq OWNER TO other_owner;

--
-- Name: ident; Type: TABLE; Schema: other; Owner: other_owner
--

CREATE TABLE other.ident (
    id integer NOT NULL,
    code bigint NOT NULL,
    total numeric GENERATED ALWAYS AS ((1 + 1)) STORED
);


ALTER TABLE other.ident OWNER TO other_owner;

--
-- Name: ident_code_seq; Type: SEQUENCE; Schema: other; Owner: other_owner
--

ALTER TABLE other.ident ALTER COLUMN code ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME other.ident_code_seq
    START WITH 100
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: ident_id_seq; Type: SEQUENCE; Schema: other; Owner: other_owner
--

ALTER TABLE other.ident ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME other.ident_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: things; Type: TABLE; Schema: public; Owner: Odd Role
--

CREATE TABLE public.things (
    id bigint NOT NULL,
    user_id integer,
    note text DEFAULT 'a;b'::text
);


ALTER TABLE public.things OWNER TO "Odd Role";

--
-- Name: things_id_seq; Type: SEQUENCE; Schema: public; Owner: Odd Role
--

CREATE SEQUENCE public.things_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.things_id_seq OWNER TO "Odd Role";

--
-- Name: things_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: Odd Role
--

ALTER SEQUENCE public.things_id_seq OWNED BY public.things.id;


--
-- Name: events_2024; Type: TABLE ATTACH; Schema: app; Owner: app_reader
--

ALTER TABLE ONLY app.events ATTACH PARTITION app.events_2024 FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');


--
-- Name: events_default; Type: TABLE ATTACH; Schema: app; Owner: app_owner
--

ALTER TABLE ONLY app.events ATTACH PARTITION app.events_default DEFAULT;


--
-- Name: users id; Type: DEFAULT; Schema: app; Owner: app_owner
--

ALTER TABLE ONLY app.users ALTER COLUMN id SET DEFAULT nextval('app.users_id_seq'::regclass);


--
-- Name: things id; Type: DEFAULT; Schema: public; Owner: Odd Role
--

ALTER TABLE ONLY public.things ALTER COLUMN id SET DEFAULT nextval('public.things_id_seq'::regclass);


--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: app; Owner: app_owner
--

ALTER TABLE ONLY app.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: things things_pkey; Type: CONSTRAINT; Schema: public; Owner: Odd Role
--

ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_pkey PRIMARY KEY (id);


--
-- Name: events_at_idx; Type: INDEX; Schema: app; Owner: app_owner
--

CREATE INDEX events_at_idx ON ONLY app.events USING btree (at);


--
-- Name: events_2024_at_idx; Type: INDEX; Schema: app; Owner: app_reader
--

CREATE INDEX events_2024_at_idx ON app.events_2024 USING btree (at);


--
-- Name: events_default_at_idx; Type: INDEX; Schema: app; Owner: app_owner
--

CREATE INDEX events_default_at_idx ON app.events_default USING btree (at);


--
-- Name: events_2024_at_idx; Type: INDEX ATTACH; Schema: app; Owner: app_owner
--

ALTER INDEX app.events_at_idx ATTACH PARTITION app.events_2024_at_idx;


--
-- Name: events_default_at_idx; Type: INDEX ATTACH; Schema: app; Owner: app_owner
--

ALTER INDEX app.events_at_idx ATTACH PARTITION app.events_default_at_idx;


--
-- Name: st; Type: STATISTICS; Schema: app; Owner: app_owner
--

CREATE STATISTICS app.st ON id, email FROM app.users;


ALTER STATISTICS app.st OWNER TO app_owner;

--
-- Name: things r; Type: RULE; Schema: public; Owner: Odd Role
--

CREATE RULE r AS
    ON DELETE TO public.things DO NOTHING;


--
-- Name: things t; Type: TRIGGER; Schema: public; Owner: Odd Role
--

CREATE TRIGGER t BEFORE INSERT ON public.things FOR EACH ROW EXECUTE FUNCTION app.touch();


--
-- Name: things things_user_id_fkey; Type: FK CONSTRAINT; Schema: public; Owner: Odd Role
--

ALTER TABLE ONLY public.things
    ADD CONSTRAINT things_user_id_fkey FOREIGN KEY (user_id) REFERENCES app.users(id);


--
-- Name: users p; Type: POLICY; Schema: app; Owner: app_owner
--

CREATE POLICY p ON app.users FOR SELECT TO app_reader USING ((id > 0));


--
-- Name: users; Type: ROW SECURITY; Schema: app; Owner: app_owner
--

ALTER TABLE app.users ENABLE ROW LEVEL SECURITY;

--
-- Name: pub; Type: PUBLICATION; Schema: -; Owner: app_owner
--

CREATE PUBLICATION pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION pub OWNER TO app_owner;

--
-- Name: pub users; Type: PUBLICATION TABLE; Schema: app; Owner: app_owner
--

ALTER PUBLICATION pub ADD TABLE ONLY app.users;


--
-- Name: SCHEMA app; Type: ACL; Schema: -; Owner: app_owner
--

GRANT USAGE ON SCHEMA app TO app_reader;


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: postgres
--

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;


--
-- Name: TABLE users; Type: ACL; Schema: app; Owner: app_owner
--

GRANT SELECT ON TABLE app.users TO app_reader;


--
-- Name: TABLE v; Type: ACL; Schema: app; Owner: app_owner
--

GRANT SELECT,UPDATE ON TABLE app.v TO "Odd Role" WITH GRANT OPTION;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: app; Owner: app_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE app_owner IN SCHEMA app GRANT SELECT ON TABLES  TO app_reader;


--
-- PostgreSQL database dump complete
--

\unrestrict IfaUrdjPZVjNlDEMQCiDi5uPpKfJJuXvGNqeZousapSk9iOVqsfX7Uz8B8ZpiMG

