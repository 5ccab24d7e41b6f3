"""Signals that ask a run to stop."""

import os
import signal

import pytest

from acolvit_jax.training.preemption import PreemptedError, StopSignal


@pytest.fixture(autouse=True)
def ctrl_c_interrupts():
    """As on a terminal: a test run in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_is_noted_and_gives_the_exit_code(number, code):
    before = signal.getsignal(number)
    with StopSignal() as stop:
        assert not stop.after(1)
        os.kill(os.getpid(), number)
        assert stop.after(2)
    assert PreemptedError("stopped", stop.received).exit_code == code
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_stops_at_once():
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.after(1)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_what_ignores_ctrl_c_goes_on_ignoring_it():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert not stop.after(1)
