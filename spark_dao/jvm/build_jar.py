"""Build the bridge's jar: `python spark_dao/jvm/build_jar.py`, which is what `make jar` runs.

Gradle is used where it is on PATH, else the JDK's own compiler over the same sources. Spark's jars are those of the
pyspark that this Python has.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SOURCES = HERE / "src" / "main" / "java"
RESOURCES = HERE / "src" / "main" / "resources"
JAR = HERE.parent / "jars" / "spark-dao-bridge.jar"

# What zip calls its first moment: a jar's bytes depend on its content only.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    """Build the jar with what is there."""
    jars, version = spark_jars(), importlib.metadata.version("spark_dao")
    JAR.parent.mkdir(exist_ok=True)
    gradle = shutil.which("gradle")
    if gradle:
        arguments = [f"-PsparkJars={jars}", f"-PbridgeVersion={version}", "--no-daemon", "--quiet", "jar"]
        _run([gradle, *arguments])
    else:
        build_with_javac(jars, version)
    sys.stdout.write(f"{JAR.relative_to(ROOT)} ({version})\n")


def spark_jars() -> Path:
    """Return the folder of Spark's jars in the installed pyspark."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        sys.exit("spark_dao's jar is compiled against pyspark's jars, and pyspark is not installed: make install")
    return Path(found.origin).parent / "jars"


def build_with_javac(jars: Path, version: str) -> None:
    """Compile the sources and pack classes, resources and manifest."""
    javac = _javac()
    sources = sorted(str(path) for path in SOURCES.rglob("*.java"))
    with tempfile.TemporaryDirectory() as folder:
        classes = Path(folder)
        options = ["-g", "-source", "17", "-target", "17", "-Xlint:-options", "-encoding", "UTF-8", "-nowarn"]
        _run([javac, *options, "-cp", f"{jars}/*", "-d", folder, *sources])
        manifest = (
            "Manifest-Version: 1.0\r\nImplementation-Title: spark-dao-bridge\r\n"
            f"Implementation-Version: {version}\r\n\r\n"
        )
        with zipfile.ZipFile(JAR, "w", zipfile.ZIP_DEFLATED) as jar:
            _add(jar, "META-INF/MANIFEST.MF", manifest.encode())
            for base in (RESOURCES, classes):
                for path in sorted(path for path in base.rglob("*") if path.is_file()):
                    _add(jar, path.relative_to(base).as_posix(), path.read_bytes())


def _add(jar: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _NO_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    jar.writestr(entry, content)


def _javac() -> str:
    home = os.environ.get("JAVA_HOME")
    javac = Path(home) / "bin" / "javac" if home else None
    found = str(javac) if javac and javac.is_file() else shutil.which("javac")
    if not found:
        sys.exit("spark_dao's jar needs Gradle, or a JDK of Java 17 or newer; neither gradle nor javac is on PATH")
    return found


def _run(command: list[str]) -> None:
    finished = subprocess.run(command, cwd=ROOT, check=False)
    if finished.returncode != 0:
        sys.exit(f"`{Path(command[0]).name}` failed with exit code {finished.returncode}")


if __name__ == "__main__":
    main()
