"""PYSPARK_SUBMIT_ARGS: what a plain Python process hands to spark-submit when it starts its JVM."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Mapping

# SparkSubmitArguments prefers these over the conf of the same meaning.
_FLAGS = {
    "--jars": "spark.jars",
    "--packages": "spark.jars.packages",
    "--exclude-packages": "spark.jars.excludes",
    "--py-files": "spark.submit.pyFiles",
}


def submit_arguments_conf(arguments: str) -> dict[str, str]:
    """Read the conf that submit arguments amount to.

    Args:
        arguments: As in PYSPARK_SUBMIT_ARGS.

    Example:
        >>> submit_arguments_conf("--packages a:b:1 --conf spark.jars=my.jar pyspark-shell")
        {'spark.jars': 'my.jar', 'spark.jars.packages': 'a:b:1'}
    """
    conf: dict[str, str] = {}
    by_flag: dict[str, str] = {}
    for flag, value in itertools.pairwise(shlex.split(arguments)):
        if flag in _FLAGS:
            by_flag[_FLAGS[flag]] = value
        elif flag in {"--conf", "-c"} and "=" in value:
            key, _, setting = value.partition("=")
            conf[key] = setting
    return conf | by_flag


def properties_file(arguments: str) -> str | None:
    """Return the file that submit arguments name in the place of spark-defaults.conf.

    Args:
        arguments: As in PYSPARK_SUBMIT_ARGS.
    """
    pairs = itertools.pairwise(shlex.split(arguments))
    return next((value for flag, value in pairs if flag == "--properties-file"), None)


def with_settings(arguments: str, settings: Mapping[str, str]) -> str:
    """Replace what submit arguments say of some keys, which would win over the builder's; other keys are not added.

    Args:
        arguments: As in PYSPARK_SUBMIT_ARGS.
        settings: The new values by conf key.

    Example:
        >>> with_settings("--jars my.jar --name x pyspark-shell", {"spark.jars": "my.jar,dao.jar", "spark.other": "1"})
        '--jars my.jar,dao.jar --name x pyspark-shell'
    """
    words = shlex.split(arguments)
    for place, (flag, value) in enumerate(itertools.pairwise(list(words)), start=1):
        key = value.partition("=")[0]
        if _FLAGS.get(flag) in settings:
            words[place] = settings[_FLAGS[flag]]
        elif flag in {"--conf", "-c"} and key in settings:
            words[place] = f"{key}={settings[key]}"
    return shlex.join(words)
