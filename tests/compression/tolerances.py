"""How far a converted file may be from its model."""

# Largest and mean difference from Keras, as shares of the outputs' standard deviation. float16 rounds weights to 11
# bits; 8 bits a weight, and in int8 8 bits an activation as well, cost about 1 % each.
TOLERANCES = {
    "float32": (1e-5, 1e-6),
    "float16": (5e-3, 1e-3),
    "dynamic": (0.1, 0.02),
    "int8": (0.2, 0.04),
    "int16x8": (0.1, 0.02),
    # Steps 16 times as wide as those of 8 bits.
    "int4": (0.5, 0.15),
}
