"""The packages of the distribution; everything else about it is in pyproject.toml.

The demo's music, models and study stay in ``fixtures/``, where people look for them, and are installed as
``studyserver/fixtures``: a top-level ``fixtures`` would collide with a package of that name.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["explainer*", "studyserver*"]), "studyserver.fixtures"],
    package_dir={"studyserver.fixtures": "fixtures"},
)
