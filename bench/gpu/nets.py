"""The two nets that are measured, with seeded random weights: a ResNet-50 (He et al. 2015, stride in the 3x3, as torchvision's)
and a sentence encoder shaped like all-MiniLM-L6 (BERT, Devlin et al. 2018, mean pooling)."""

import torch
import torch.nn.functional as F
from torch import nn

FULL = {
    "resnet50": {"blocks": [3, 4, 6, 3], "width": 64, "side": 224, "classes": 1000},
    "encoder": {"layers": 6, "width": 384, "heads": 12, "vocabulary": 30522, "sequence": 128},
}
# The same operators at a size that a software GPU answers within seconds.
QUICK = {
    "resnet50": {"blocks": [1, 1, 1, 1], "width": 8, "side": 64, "classes": 100},
    "encoder": {"layers": 2, "width": 48, "heads": 3, "vocabulary": 1000, "sequence": 16},
}


class Bottleneck(nn.Module):
    def __init__(self, inside, width, stride):
        super().__init__()
        out = width * 4
        self.conv1 = nn.Conv2d(inside, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.short = None
        if stride != 1 or inside != out:
            self.short = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.short is None else self.short(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, width, side, classes):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn = nn.BatchNorm2d(width)
        layers, inside = [], width
        for stage, count in enumerate(blocks):
            for i in range(count):
                layers.append(Bottleneck(inside, width << stage, 2 if stage > 0 and i == 0 else 1))
                inside = (width << stage) * 4
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(inside, classes)

    def forward(self, image):
        x = F.max_pool2d(F.relu(self.bn(self.stem(image))), 3, 2, 1)
        return self.fc(self.layers(x).mean((2, 3)))


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, width * 4), nn.Linear(width * 4, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-12), nn.LayerNorm(width, 1e-12)

    def forward(self, x, bias):
        n, length, width = x.shape
        q, k, v = (
            part(x).view(n, length, self.heads, width // self.heads).transpose(1, 2) for part in (self.q, self.k, self.v)
        )
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = self.norm1(x + self.out(y.transpose(1, 2).reshape(n, length, width)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Encoder(nn.Module):
    def __init__(self, layers, width, heads, vocabulary, sequence):
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.places = nn.Parameter(torch.randn(1, sequence, width) * 0.5)
        self.norm = nn.LayerNorm(width, 1e-12)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))

    def forward(self, ids, mask):
        x = self.norm(self.words(ids) + self.places)
        kept = mask.to(x.dtype)
        bias = ((1 - kept) * -10000.0)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias)
        kept = kept[:, :, None]
        return (x * kept).sum(1) / kept.sum(1)


class Half(nn.Module):
    """The same net computed in float16; numbers go in and out as float32."""

    def __init__(self, net):
        super().__init__()
        self.net = net.half()

    def forward(self, *inputs):
        return self.net(*(x.half() if x.is_floating_point() else x for x in inputs)).float()


def build(name, quick):
    """The net and how it is fed: names, and a function from a number of rows to tensors."""
    sizes = (QUICK if quick else FULL)[name]
    torch.manual_seed(0)
    if name == "resnet50":
        net, side = ResNet(**sizes), sizes["side"]
        names, feed = ["image"], lambda rows: [torch.randn(rows, 3, side, side)]
        # The batch norms' statistics as training would leave them; without, the numbers grow from block to block.
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = 1.0
        with torch.no_grad():
            net.train()(feed(4)[0])
    else:
        net, length = Encoder(**sizes), sizes["sequence"]
        names = ["ids", "mask"]

        def feed(rows):
            ids = torch.randint(0, sizes["vocabulary"], (rows, length))
            # Texts of different lengths, as a batch of sentences has them.
            lengths = torch.randint(length // 4, length + 1, (rows, 1))
            return [ids, (torch.arange(length)[None] < lengths).long()]

    return net.eval(), names, feed
