"""DDL and dumps of PostgreSQL, MySQL and SQLite."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from sources.importing import imported, model_of
from tablewright.engines.postgresql.design import PostgresDesign
from tablewright.model.values import Kind

pytest.importorskip("sqlglot")

DUMP = """\
-- PostgreSQL database dump
SET statement_timeout = 0;
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.x := 1; CREATE TABLE fake (a int); RETURN NEW; END;
$$;
CREATE TABLE public.users (
    id bigint NOT NULL,
    email character varying(255) NOT NULL,
    mood public.mood,
    full_name text, -- a comment; with a semicolon
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
CREATE TABLE public.orders (
    id uuid NOT NULL,
    user_id bigint NOT NULL,
    status text DEFAULT 'new; or old'::text,
    total numeric(10,2),
    tags text[],
    placed_at timestamptz,
    CONSTRAINT c CHECK ((status = ANY (ARRAY['new'::text, 'paid'::text])))
);
COPY public.users (id, email, mood, full_name, created_at) FROM stdin;
{users}
\\.
COPY public.orders (id, user_id, status, total, tags, placed_at) FROM stdin;
{orders}
\\.
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users ADD CONSTRAINT users_email_key UNIQUE (email);
ALTER TABLE ONLY public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE INDEX recent ON public.orders USING btree (user_id, placed_at DESC)
  WHERE (status = 'new'::text);
CREATE INDEX tagged ON public.orders USING gin (tags);
CREATE INDEX computed ON public.orders USING btree (((total * 2)));
ALTER TABLE ONLY public.orders ADD CONSTRAINT fk FOREIGN KEY (user_id) REFERENCES public.users(id);
"""


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    users = "\n".join(
        f"{n}\tsomebody{n}@example.org\tok\tAna B\t2026-01-01 00:00:00+00" for n in range(20)
    )
    orders = "\n".join(
        f"00000000-0000-4000-8000-{n:012}\t{n % 20}\tnew\t12.50\t{{a,b}}\t2026-01-01 00:00:00+00"
        for n in range(60)
    )
    path = tmp_path / "shop.sql"
    path.write_text(DUMP.replace("{users}", users).replace("{orders}", orders))
    return path


def test_tables_keys_and_foreign_keys_of_a_dump(dump: Path) -> None:
    file = model_of(dump)
    design = file.designs[0]
    assert isinstance(design, PostgresDesign)
    assert [table.name for table in design.tables] == ["users", "orders"]
    assert file.model.entity("User").key == ("id",)
    assert file.model.entity("Order").attribute("user_id").to == "User"
    # 60 orders of 20 users.
    assert file.model.entity("Order").count.mean == Decimal(3)


def test_types_checks_and_enums_become_types_of_the_model(dump: Path) -> None:
    model = model_of(dump).model
    order, user = model.entity("Order"), model.entity("User")
    assert [v for v, _ in order.attribute("status").values] == ["new", "paid"]
    assert [v for v, _ in user.attribute("mood").values] == ["sad", "ok"]
    assert order.attribute("total").kind is Kind.MONEY
    assert user.attribute("email").unique
    assert user.attribute("email").sensitive


def test_indexes_keep_order_condition_and_method(dump: Path) -> None:
    text = imported(dump).text
    assert "recent: {columns: [user_id, -placed_at], where: {status: [new]}}" in text
    assert "tagged: {columns: [tags], using: gin}" in text


def test_an_index_of_an_expression_is_named_as_not_recovered(dump: Path) -> None:
    assert any("`computed` is of an expression" in note for note in imported(dump).notes)


def test_statements_inside_function_bodies_are_not_tables(dump: Path) -> None:
    assert "fake" not in [table.name for table in imported(dump).draft.tables]


def test_no_row_of_a_dump_is_in_the_model_file(dump: Path) -> None:
    text = imported(dump).text
    for secret in ("somebody", "Ana", "8000-00000"):
        assert secret not in text


def test_a_dump_cut_off_in_its_data_gives_the_tables_and_says_where(dump: Path) -> None:
    text = dump.read_text()
    dump.write_text(text[: text.index("ALTER TABLE") - 200])
    result = imported(dump)
    assert any(":25: the file is cut off in the data of orders" in n for n in result.notes) or any(
        "the file is cut off in the data of orders" in n for n in result.notes
    )
    assert len(result.draft.tables) == 2


def test_a_dump_cut_off_in_a_statement_keeps_what_came_before(dump: Path) -> None:
    text = dump.read_text()
    dump.write_text(text[: text.index("total numeric")])
    result = imported(dump)
    assert [t.name for t in result.draft.tables] == ["users"]
    assert any("cut off in CREATE TABLE public.orders" in note for note in result.notes)


def test_mysql_is_read_as_the_tables_postgresql_would_have(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    path.write_text(
        "CREATE TABLE `users` (\n  `id` int unsigned NOT NULL AUTO_INCREMENT,\n"
        "  `status` enum('new','it''s paid') NOT NULL,\n  `active` tinyint(1) DEFAULT '1',\n"
        "  `bio` mediumtext,\n  PRIMARY KEY (`id`),\n  KEY `by_status` (`status`)\n"
        ") ENGINE=InnoDB;\n"
    )
    result = imported(path)
    model = model_of(path).model
    user = model.entity("User")
    assert user.key == ("id",)
    assert user.attribute("status").kind is Kind.ENUM
    assert user.attribute("active").kind is Kind.BOOL
    assert "by_status: [status]" in result.text
    assert any("MySQL" in note for note in result.notes)


def test_sqlite_ddl_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shop.sql"
    path.write_text(
        "CREATE TABLE track (id INTEGER PRIMARY KEY AUTOINCREMENT, name NVARCHAR(200) NOT NULL,"
        " album_id INTEGER, FOREIGN KEY (album_id) REFERENCES album (id));\n"
        "CREATE TABLE album (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT);\n"
    )
    model = model_of(path).model
    assert model.entity("Track").attribute("album_id").to == "Album"


def test_two_hundred_tables_take_less_than_five_seconds(tmp_path: Path) -> None:
    import time

    path = tmp_path / "wide.sql"
    path.write_text(
        "".join(
            f"CREATE TABLE thing{n} (id uuid PRIMARY KEY, label text NOT NULL, at timestamptz);\n"
            for n in range(200)
        )
    )
    begin = time.process_time()
    assert len(imported(path).draft.tables) == 200
    # 5 s on an idle machine; a busy one shares its caches.
    assert time.process_time() - begin < 15


MYSQL_ROWS = """\
CREATE TABLE `users` (
  `id` int NOT NULL AUTO_INCREMENT,
  `email` varchar(100) NOT NULL,
  `bio` text,
  `photo` blob,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
LOCK TABLES `users` WRITE;
INSERT INTO `users` VALUES {rows};
UNLOCK TABLES;
"""


def test_rows_of_insert_statements_are_looked_at(tmp_path: Path) -> None:
    rows = ",".join(
        f"({n},'somebody{n}@example.org','it\\'s; (a) ''text''',_binary 'ab{n:02}')"
        for n in range(40)
    )
    path = tmp_path / "dump.sql"
    path.write_text(MYSQL_ROWS.replace("{rows}", rows))
    user = model_of(path).model.entity("User")
    # 40 rows; a bio has 19 bytes: it's; (a) 'text' .
    assert user.attribute("email").kind is Kind.EMAIL
    assert user.attribute("bio").bytes is not None
    assert user.attribute("bio").bytes.mean == len("it's; (a) 'text'")
    text = imported(path).text
    assert "40 rows seen" in text
    assert "somebody" not in text


def test_inserts_of_postgresql_have_casts_expressions_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "CREATE TABLE notes (id uuid PRIMARY KEY, body jsonb, at timestamptz, n integer);\n"
        + "".join(
            "INSERT INTO public.notes (n, id, body, at) VALUES "
            f"({n}, gen_random_uuid(), '{{\"a\": 1}}'::jsonb, now());\n"
            for n in range(30)
        )
    )
    note = model_of(path).model.entity("Note")
    assert (note.attribute("n").low, note.attribute("n").high) == (0, 29)
    assert note.attribute("body").presence == 1
    assert imported(path).text.count("30 rows seen") == 1


def test_a_statement_that_is_too_long_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "CREATE TABLE notes (id int PRIMARY KEY, body text);\n"
        "INSERT INTO notes VALUES (1, '" + "x" * (17 * 1024 * 1024) + "');\n"
    )
    assert any(":2: a statement of more than 16 MB" in n for n in imported(path).notes)


def test_columns_keep_their_names_whatever_is_in_them(tmp_path: Path) -> None:
    source = tmp_path / "shop.sql"
    source.write_text(
        'CREATE TABLE orders (id uuid PRIMARY KEY, "price.usd" numeric NOT NULL, "a b" text,\n'
        '  "x#y" text);\n'
        'CREATE INDEX dear ON orders ("price.usd" DESC, "a b");\n'
    )
    design = model_of(source).designs[0]
    assert isinstance(design, PostgresDesign)
    columns = {column.name: column.attribute for column in design.tables[0].columns}
    # a dot would lead into a map, so that one alone is another name in the model
    assert columns == {"id": "id", "price.usd": "price_usd", "a b": "a b", "x#y": "x#y"}
    assert design.tables[0].indexes[0].columns == (("price.usd", True), ("a b", False))


@pytest.mark.parametrize(
    ("header", "version"),
    [
        ("-- Dumped from database version 13.14 (Debian 13.14-1)\n", "13"),
        ("-- Dumped from database version 9.6.24\n", ""),  # no calendar has it
        ("", ""),
    ],
)
def test_a_dump_tells_the_version_of_its_server(tmp_path: Path, header: str, version: str) -> None:
    source = tmp_path / "shop.sql"
    source.write_text(
        f"--\n-- PostgreSQL database dump\n--\n{header}CREATE TABLE a (id uuid PRIMARY KEY);\n"
    )
    design = model_of(source).designs[0]
    assert isinstance(design, PostgresDesign)
    assert design.version == version
