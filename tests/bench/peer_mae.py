"""A masked autoencoder in PyTorch, as a user would write it from the paper (arXiv 2111.06377) with PyTorch's fused
operators. Parameters have the published names, so that checkpoints of both sides fit each other."""

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x):
        batch, length, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, length, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(batch, length, dim))


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, channels, dim):
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, patch)

    def forward(self, x):
        return self.proj(x).flatten(2).transpose(1, 2)


class PeerMae(nn.Module):
    """config: that of a checkpoint of ours."""

    def __init__(self, config):
        super().__init__()
        self.patch = config["patch_size"][0]
        grid = config["img_size"][0] // self.patch
        tokens, dim, width = grid * grid, config["embed_dim"], config["decoder_embed_dim"]
        channels = config["in_chans"]
        self.norm_pix_loss = config["norm_pix_loss"]
        self.patch_embed = PatchEmbed(self.patch, channels, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + tokens, dim), requires_grad=False)
        self.blocks = nn.ModuleList(Block(dim, config["num_heads"]) for _ in range(config["depth"]))
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.decoder_embed = nn.Linear(dim, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.decoder_pos_embed = nn.Parameter(torch.zeros(1, 1 + tokens, width), requires_grad=False)
        self.decoder_blocks = nn.ModuleList(
            Block(width, config["decoder_num_heads"]) for _ in range(config["decoder_depth"])
        )
        self.decoder_norm = nn.LayerNorm(width, eps=1e-6)
        self.decoder_pred = nn.Linear(width, self.patch * self.patch * channels)

    def encode(self, images, ids_keep=None):
        x = self.patch_embed(images) + self.pos_embed[:, 1:]
        if ids_keep is not None:
            x = torch.gather(x, 1, ids_keep[..., None].expand(-1, -1, x.shape[2]))
        cls = (self.cls_token + self.pos_embed[:, :1]).expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1)
        for block in self.blocks:
            x = block(x)
        return self.norm(x)

    def patches(self, images):
        batch, channels, height, width = images.shape
        p = self.patch
        x = images.reshape(batch, channels, height // p, p, width // p, p)
        return x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, p * p * channels)

    def forward(self, images, mask_ratio=0.75):
        tokens = self.pos_embed.shape[1] - 1
        keep = int(tokens * (1 - mask_ratio))
        order = torch.rand(images.shape[0], tokens, device=images.device).argsort(dim=1)
        restore = order.argsort(dim=1)
        latent = self.decoder_embed(self.encode(images, order[:, :keep]))
        hidden = self.mask_token.to(latent.dtype).expand(images.shape[0], tokens - keep, -1)
        x = torch.cat([latent[:, 1:], hidden], dim=1)
        x = torch.gather(x, 1, restore[..., None].expand(-1, -1, x.shape[2]))
        x = torch.cat([latent[:, :1], x], dim=1) + self.decoder_pos_embed
        for block in self.decoder_blocks:
            x = block(x)
        pred = self.decoder_pred(self.decoder_norm(x))[:, 1:]
        target = self.patches(images)
        if self.norm_pix_loss:
            target = (target - target.mean(-1, keepdim=True)) / (target.var(-1, keepdim=True) + 1e-6) ** 0.5
        mask = (restore >= keep).float()
        return (((pred.float() - target) ** 2).mean(-1) * mask).sum() / mask.sum()
