"""Reads a.pth, hub/ and timm.safetensors, and the classifier cls.pth, cls-hub/ and cls.safetensors, with
the programs they are for, and compares every tensor with the official file named on the command line,
and features and logits with each other. The model: 64 pixels, patch 16, width 48, 3 blocks, 4 heads;
decoder 32, 2 blocks, 2 heads."""

import functools
import sys

import timm
import torch
from safetensors.torch import load_file
from transformers import ViTForImageClassification, ViTMAEForPreTraining

official = torch.load(sys.argv[1], weights_only=True)["model"]


def same(tensors, expected, what):
    assert set(tensors) == set(expected), (what, set(tensors) ^ set(expected))
    for name, tensor in tensors.items():
        assert tensor.dtype == expected[name].dtype and torch.equal(tensor, expected[name]), (what, name)


written = torch.load("a.pth", weights_only=True)
same(written["model"], official, "a.pth")

model, info = ViTMAEForPreTraining.from_pretrained("hub", output_loading_info=True)
assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
assert model.config.norm_pix_loss and model.config.layer_norm_eps == 1e-6

encoder = {name: tensor for name, tensor in official.items() if "decoder" not in name and name != "mask_token"}
same(load_file("timm.safetensors"), encoder, "timm.safetensors")
vit = timm.models.vision_transformer.VisionTransformer(
    img_size=64, patch_size=16, embed_dim=48, depth=3, num_heads=4, num_classes=0, global_pool="token",
    norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6))
vit.load_state_dict(load_file("timm.safetensors"))

# Both give the same features of a picture with nothing hidden.
images = torch.linspace(-2, 2, 3 * 64 * 64).reshape(1, 3, 64, 64)
with torch.no_grad():
    model.config.mask_ratio = 0.0
    noise = torch.arange(16.0).unsqueeze(0)
    theirs = model.eval().vit(images, noise=noise).last_hidden_state
    ours = vit.eval().forward_features(images)
assert torch.allclose(theirs, ours, atol=1e-5), (theirs - ours).abs().max()

# The classifier: 64 pixels, patch 16, width 16, one block of two heads, ten classes.
weights = torch.load("cls.pth", weights_only=True)["model"]
same(load_file("cls.safetensors"), weights, "cls.safetensors")
classifier, info = ViTForImageClassification.from_pretrained("cls-hub", output_loading_info=True)
assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
vit = timm.models.vision_transformer.VisionTransformer(
    img_size=64, patch_size=16, embed_dim=16, depth=1, num_heads=2, num_classes=10,
    norm_layer=functools.partial(torch.nn.LayerNorm, eps=1e-6))
vit.load_state_dict(weights)
with torch.no_grad():
    theirs, ours = classifier.eval()(images).logits, vit.eval()(images)
assert theirs.shape == (1, 10) and torch.allclose(theirs, ours, atol=1e-5), (theirs - ours).abs().max()
