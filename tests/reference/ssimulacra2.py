"""SSIMULACRA 2 in float64, straight from its description.

J. Sneyers, Cloudinary, https://github.com/cloudinary/ssimulacra2, 2.1. The Gaussian there is a recursion that amounts
to nine taps (D. Charalampidis, 2016); here they are taken as they are.
"""

import numpy as np
from scipy import ndimage

from reference.color_space import linear

_LMS = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342268924547819, 0.20476744424496821, 0]])
_LMS[2, 2] = 1 - _LMS[2].sum()
_BIAS = 0.0037930732552754493
_C2 = 0.0009
_HALF = [0.0094143678096537, 0.036011114658364374, 0.10933537277746032, 0.2129285920104222]
_TAPS = np.array([*_HALF, 0.26462110548819856, *_HALF[::-1]])

# [channel][scale][norm][structure, gained, lost]
_TABLE = """
    0 .0007376606707406586 0  0 .0007793481682867309 0  0 .0004371155730107379 0
    1.1041726426657346 .00066284834129271 .00015231632783718752  0 .0016406437456599754 0
    1.8422455520539298 11.441172603757666 0  .0007989109436015163 .000176816438078653 0
    1.8787594979546387 10.94906990605142 0  .0007289346991508072 .9677937080626833 0
    .00014003424285435884 .9981766977854967 .00031949755934435053  .0004550992113792063 0 0  .0013648766163243398 0 0

    0 0 0  7.466890328078848 0 17.445833984131262  .0006235601634041466 0 0
    6.683678146179332 .00037724407979611296 1.027889937768264  225.20515300849274 0 0
    19.213238186143016 .0011401524586618361 .001237755635509985  176.39317598450694 0 0
    24.43300999870476 .28520802612117757 .0004485436923833408  0 0 0  34.77906344483772 44.835625328877896 0
    0 0 0  0 0 0

    0 0 .0008680556573291698  0 0 0  0 0 .0005313191874358747  0 .00016533814161379112 0
    0 0 0  .0004179171803251336 .0017290828234722833 0  .0020827005846636437 0 0
    8.826982764996862 23.19243343998926 0  95.1080498811086 .9863978034400682 .9834382792465353
    .0012286405048278493 171.2667255897307 .9807858872435379  0 0 0  .0005130064588990679 0 .00010854057858411537
"""
_WEIGHTS = np.array(_TABLE.split(), dtype=float)


def xyb(rgb):
    """(H, W, 3) in linear light to XYB, in the ranges that the measure gives it."""
    l, m, s = np.moveaxis(np.cbrt(rgb @ _LMS.T + _BIAS) - np.cbrt(_BIAS), -1, 0)  # noqa: E741
    x, y = (l - m) / 2, (l + m) / 2
    return np.stack([14 * x + 0.42, y + 0.01, s - y + 0.55], axis=-1)


def halved(picture):
    """Means of two by two pixels; an odd last row or column is taken twice."""
    height, width = picture.shape[:2]
    even = np.pad(picture, [(0, height % 2), (0, width % 2), (0, 0)], mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def blurred(picture):
    down = ndimage.convolve1d(picture, _TAPS, axis=0, mode="constant")
    return ndimage.convolve1d(down, _TAPS, axis=1, mode="constant")


def maps(a, b):
    """The three differences of every pixel and channel."""
    mean_a, mean_b = blurred(a), blurred(b)
    variances = blurred(a * a) - mean_a**2 + blurred(b * b) - mean_b**2
    covariance = blurred(a * b) - mean_a * mean_b
    structure = 1 - (1 - (mean_a - mean_b) ** 2) * (2 * covariance + _C2) / (variances + _C2)
    edges = (1 + np.abs(b - mean_b)) / (1 + np.abs(a - mean_a)) - 1
    return np.maximum([structure, edges, -edges], 0)


def pyramid(picture):
    """XYB at every scale, (H, W, 3) each, of a picture (H, W, 3) in [0, 1]."""
    light = linear(picture)
    for scale in range(6):
        if min(light.shape[:2]) < 8:  # asked of what the scale is made of
            break
        light = halved(light) if scale > 0 else light
        yield xyb(light)


def ssimulacra2(a, b):
    """Score of `b` beside its original `a`, both (H, W, 3) in [0, 1]."""
    norms = []  # [scale][norm][map][channel]
    for scale_a, scale_b in zip(pyramid(a), pyramid(b), strict=True):
        differences = maps(scale_a, scale_b)
        norms.append([differences.mean(axis=(1, 2)), (differences**4).mean(axis=(1, 2)) ** 0.25])
    features = np.moveaxis(norms, -1, 0).ravel()
    total = 0.9562382616834844 * (features @ _WEIGHTS[: len(features)])
    total = 2.326765642916932 * total - 0.020884521182843837 * total**2 + 6.248496625763138e-05 * total**3
    return 100 - 10 * max(total, 0) ** 0.6276336467831387
