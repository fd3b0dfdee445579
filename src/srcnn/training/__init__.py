"""From pictures to a model file: config, data, loop, checkpoint. Needs the `train` extra."""
