"""The model card: everything that is measured of the pretrained model, and the text about it."""
