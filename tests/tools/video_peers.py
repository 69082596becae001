"""Tiny models of clips, written and judged by transformers.

write: makes hf/ (VideoMAEForPreTraining), hf-cls/ (VideoMAEForVideoClassification), and clips of 16 frames of
32 x 32 pixels as folders of pictures, clips/CLASS/NAME/NN.ppm.
check: what the toolkit made of them (features.npy, mask.npy, probabilities.npy, loss.txt) against transformers'
outputs, and back/ and back-cls/ against hf/ and hf-cls/, tensor by tensor."""

import os
import sys

import numpy
import torch
from transformers import VideoMAEConfig, VideoMAEForPreTraining, VideoMAEForVideoClassification, VideoMAEModel

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NAMES = ["LABEL_0/a", "LABEL_0/b", "LABEL_1/c"]


def config(**more):
    return VideoMAEConfig(
        image_size=32, patch_size=16, num_frames=16, tubelet_size=2, hidden_size=48, num_hidden_layers=2,
        num_attention_heads=3, intermediate_size=192, decoder_hidden_size=24, decoder_num_hidden_layers=1,
        decoder_num_attention_heads=3, decoder_intermediate_size=96, **more)


def randomise(model):
    """Larger than a fresh model's, biases too, so that every part shows in the outputs."""
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn(parameter.shape)
    return model.eval()


def clips():
    """uint8 [N, T, H, W, C]"""
    return numpy.random.default_rng(7).integers(0, 256, (len(NAMES), 16, 32, 32, 3), dtype=numpy.uint8)


def inputs():
    videos = torch.from_numpy(clips()).float() / 255
    videos = (videos - torch.tensor(MEAN)) / torch.tensor(STD)
    return videos.permute(0, 1, 4, 2, 3)  # [N, T, C, H, W]


def write():
    torch.manual_seed(5)
    randomise(VideoMAEForPreTraining(config(use_mean_pooling=False))).save_pretrained("hf")
    randomise(VideoMAEForVideoClassification(config(num_labels=2))).save_pretrained("hf-cls")
    for name, clip in zip(NAMES, clips()):
        os.makedirs(f"clips/{name}")
        for t, frame in enumerate(clip):
            with open(f"clips/{name}/{t:02}.ppm", "wb") as file:
                file.write(b"P6 32 32 255\n" + frame.tobytes())


def close(what, ours, theirs):
    difference = (torch.as_tensor(ours) - theirs).abs().max().item()
    assert difference < 1e-5, (what, difference)
    print(what, difference)


def same(kind, first, second):
    before, info = kind.from_pretrained(first, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    after, info = kind.from_pretrained(second, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    expected, found = before.state_dict(), after.state_dict()
    assert set(expected) == set(found)
    for name in expected:
        assert torch.equal(expected[name], found[name]), name
    return after.eval()


@torch.no_grad()
def check():
    videos, mask = inputs(), torch.from_numpy(numpy.load("mask.npy")).bool()
    model = same(VideoMAEForPreTraining, "hf", "back")
    close("loss", float(open("loss.txt").read()), model(videos, bool_masked_pos=mask).loss)
    encoder = VideoMAEModel.from_pretrained("hf").eval()
    close("features", numpy.load("features.npy"), encoder(videos).last_hidden_state)
    classifier = same(VideoMAEForVideoClassification, "hf-cls", "back-cls")
    close("probabilities", numpy.load("probabilities.npy"), classifier(videos).logits.softmax(-1))


{"write": write, "check": check}[sys.argv[1]]()
