"""Models as people see them: what they compute."""

import numpy as np

from acolvit_jax.checkpoint.load import load_pretrained
from acolvit_jax.evaluation.finished import finished_methods
from acolvit_jax.evaluation.methods import Method
from acolvit_jax.models.compute import fixed_macs, sublayer_macs
from tests.models_on_disk import write_model


def test_the_compute_is_that_of_all_forwards(tmp_path):
    """With hints also the forward without them, which says where they do not reach."""
    path = write_model(tmp_path, gated=False)
    config, _ = load_pretrained(path)
    inputs = np.random.default_rng(0).uniform(-0.3, 0.3, (2, 32, 32, 4)).astype(np.float32)
    inputs[..., 1:] = 0
    inputs[1, 8:10, 8:10, 1:] = (0.2, 0.1, 1)
    method = Method("m", "m", None, config)
    (finished,) = finished_methods(str(path), [method], "float32")
    answer = finished.colorize(inputs)
    forward = fixed_macs(config) + config.depth * sum(sublayer_macs(config))
    assert answer.macs.tolist() == [forward, 2 * forward]
    assert finished.name == "m+finished"
    assert answer.ab.shape == (2, 32, 32, 2)
    assert answer.decisions.shape == (2, config.depth, 2)
