/// The description of the key `checkpoint_activations`, which several models have.
let checkpointActivationsDescription =
    "activation (gradient) checkpointing: backward computes each block again instead of keeping its results; "
    + "less memory, more time, the same bits"
