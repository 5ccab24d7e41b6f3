"""Cores that are left to others."""

import os

import pytest

from acolvit_jax.common import cores


@pytest.mark.parametrize(("available", "used"), [(1, "1"), (2, "1"), (3, "1"), (16, "8")])
def test_a_program_takes_half_of_the_cores(monkeypatch, available, used):
    monkeypatch.setenv("NPROC", "")
    monkeypatch.delenv("NPROC")
    monkeypatch.setattr(cores, "available_cores", lambda: list(range(available)))
    cores.leave_cores_to_others()
    assert os.environ["NPROC"] == used


def test_what_the_environment_says_stays(monkeypatch):
    monkeypatch.setenv("NPROC", "5")
    cores.leave_cores_to_others()
    assert os.environ["NPROC"] == "5"
