"""Settings: what the environment says, what stands without it, and the key made on first use."""

import stat
from base64 import b64encode
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.settings import Settings

NAMES = ("DATABASE_URL", "PORT", "SANFANG_DATABASE_URL", "SANFANG_PORT", "SANFANG_DATA_DIR")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


class TestEnvironment:
    def test_two_go_without_the_prefix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "8001")
        monkeypatch.setenv("DATABASE_URL", "postgresql://me@there/it")
        found = Settings()
        assert found.port == 8001
        assert found.database_url is not None
        assert found.database_url.get_secret_value() == "postgresql://me@there/it"

    def test_the_prefixed_name_is_the_stronger(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PORT", "8001")
        monkeypatch.setenv("SANFANG_PORT", "8002")
        assert Settings().port == 8002

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("SANFANG_PORT", "0"),
            ("DATABASE_URL", "mysql://me@there/it"),
            ("SANFANG_MASTER_KEY", "c2hvcnQ="),
            ("SANFANG_MASTER_KEY", "不是密钥"),
            ("SANFANG_SEAL_ALGORITHM", "rot13"),
            ("SANFANG_MAX_PAGE", "0"),
        ],
    )
    def test_what_is_wrong_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ValidationError):
            Settings()

    def test_every_setting_is_explained_in_both_languages(self) -> None:
        for name, field in Settings.model_fields.items():
            assert field.description, name
            zh, _, en = field.description.partition("。 ")
            assert zh, name
            assert en.endswith("."), name


class TestMaster:
    def test_it_is_made_once_for_its_owner_only(self, tmp_path: Path) -> None:
        first = Settings(data_dir=tmp_path, master_key=None).master()
        path = tmp_path / "master.key"
        assert Settings(data_dir=tmp_path, master_key=None).master() == first
        assert len(first) == 32
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(tmp_path.iterdir()) == [path]

    def test_one_that_is_given_is_written_nowhere(self, tmp_path: Path) -> None:
        key = bytes(range(32))
        assert Settings(data_dir=tmp_path, master_key=b64encode(key).decode()).master() == key
        assert not list(tmp_path.iterdir())

    def test_no_secret_is_shown(self) -> None:
        key = b64encode(bytes(range(32))).decode()
        shown = repr(Settings(master_key=key, database_url="postgresql://me:hidden@there/it"))
        assert key not in shown
        assert "hidden" not in shown
