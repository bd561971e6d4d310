"""Models: trained networks as files, and the pretrained model that ships with Digitscope."""
