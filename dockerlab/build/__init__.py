"""Run builds, follow them, and compare them."""

from dockerlab.build.builder import Build, build
from dockerlab.build.context import context_files, ignore_groups
from dockerlab.build.experiment import Experiment, ratio, summary

__all__ = ["Build", "Experiment", "build", "context_files", "ignore_groups", "ratio", "summary"]
