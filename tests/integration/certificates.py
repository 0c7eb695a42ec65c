"""Certificates for a broker and its clients, made by the openssl program."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority in a folder.

    Attributes:
        folder: Holds `ca.pem`, and `<name>.pem` and `<name>.key` of whatever it has issued.
    """

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> "Authority":
        """A new one."""
        folder.mkdir()
        _openssl(
            folder, "req", "-x509", *_NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test"
        )
        return cls(folder)

    @property
    def ca(self) -> Path:
        """Its own certificate."""
        return self.folder / "ca.pem"

    def issue(self, name: str, alternative: str = "IP:127.0.0.1") -> tuple[Path, Path]:
        """Certificate and key of a server or client."""
        _openssl(self.folder, "req", *_NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / f"{name}.ext").write_text(f"subjectAltName={alternative}\n", encoding="ascii")
        signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext"]
        _openssl(self.folder, "x509", "-req", "-in", f"{name}.csr", *signing, "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=30)
