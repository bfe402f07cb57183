#include "kernels/score/ssimulacra2.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/color/color_space.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kChannels = 3, kMostScales = 6, kNorms = 2, kMaps = 3;
constexpr std::size_t kRowsATask = 8;  // even, as two rows make one of the next scale
constexpr std::size_t kTileHeight = 64;

// From the source named in the header; [channel][scale][norm][map], for pictures of all six scales. Pictures of fewer
// scales take them one after the other from the start, as the original does.
constexpr double kWeights[kChannels * kMostScales * kNorms * kMaps] = {
    0.0,
    0.0007376606707406586,
    0.0,
    0.0,
    0.0007793481682867309,
    0.0,  // X
    0.0,
    0.0004371155730107379,
    0.0,
    1.1041726426657346,
    0.00066284834129271,
    0.00015231632783718752,
    0.0,
    0.0016406437456599754,
    0.0,
    1.8422455520539298,
    11.441172603757666,
    0.0,
    0.0007989109436015163,
    0.000176816438078653,
    0.0,
    1.8787594979546387,
    10.94906990605142,
    0.0,
    0.0007289346991508072,
    0.9677937080626833,
    0.0,
    0.00014003424285435884,
    0.9981766977854967,
    0.00031949755934435053,
    0.0004550992113792063,
    0.0,
    0.0,
    0.0013648766163243398,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    7.466890328078848,
    0.0,
    17.445833984131262,  // Y
    0.0006235601634041466,
    0.0,
    0.0,
    6.683678146179332,
    0.00037724407979611296,
    1.027889937768264,
    225.20515300849274,
    0.0,
    0.0,
    19.213238186143016,
    0.0011401524586618361,
    0.001237755635509985,
    176.39317598450694,
    0.0,
    0.0,
    24.43300999870476,
    0.28520802612117757,
    0.0004485436923833408,
    0.0,
    0.0,
    0.0,
    34.77906344483772,
    44.835625328877896,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0008680556573291698,
    0.0,
    0.0,
    0.0,  // B
    0.0,
    0.0,
    0.0005313191874358747,
    0.0,
    0.00016533814161379112,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0004179171803251336,
    0.0017290828234722833,
    0.0,
    0.0020827005846636437,
    0.0,
    0.0,
    8.826982764996862,
    23.19243343998926,
    0.0,
    95.1080498811086,
    0.9863978034400682,
    0.9834382792465353,
    0.0012286405048278493,
    171.2667255897307,
    0.9807858872435379,
    0.0,
    0.0,
    0.0,
    0.0005130064588990679,
    0.0,
    0.00010854057858411537,
};

struct Scale {
    std::size_t height, width, offset;  // of its planes in the pyramid

    std::size_t n() const { return height * width; }
};

std::vector<Scale> scales_of(std::size_t height, std::size_t width) {
    std::vector<Scale> scales;
    std::size_t offset = 0;
    std::size_t from = std::min(height, width);  // size of what a scale is made of, which must be large enough
    while (scales.size() < kMostScales && from >= kMinScored) {
        from = std::min(height, width);
        scales.push_back({height, width, offset});
        offset += kChannels * height * width;
        height = (height + 1) / 2;
        width = (width + 1) / 2;
    }
    return scales;
}

// Linear light of a row of pixels.
template <std::size_t C, typename Sample>
void linear_row(const Sample* samples, std::size_t n, double background, float* const (&rows)[kChannels]) {
    constexpr std::size_t n_colors = C >= 3 ? 3 : 1;
    if constexpr (C % 2 == 1) {
        const float* const linear = linear_light<Sample>();
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t c = 0; c < n_colors; ++c) rows[c][i] = linear[samples[C * i + c]];
    } else {
        constexpr float full = static_cast<float>(static_cast<Sample>(~Sample{0})), scale = 65535 / (full * full);
        const float* const linear = linear_light<std::uint16_t>();
        const auto behind = static_cast<float>(background) * full;
        for (std::size_t i = 0; i < n; ++i) {
            const auto alpha = static_cast<float>(samples[C * i + C - 1]);
            for (std::size_t c = 0; c < n_colors; ++c) {
                const float mixed = alpha * static_cast<float>(samples[C * i + c]) + (full - alpha) * behind;
                rows[c][i] = linear[std::min(65535, static_cast<int>(mixed * scale + 0.5f))];
            }
        }
    }
    for (std::size_t c = n_colors; c < kChannels; ++c) std::copy_n(rows[0], n, rows[c]);
}

// The mean of two by two pixels; where the number of rows or columns is odd, the last is taken twice.
void halve(const float* upper, const float* lower, std::size_t width, float* __restrict to) {
    for (std::size_t x = 0; x < width / 2; ++x)
        to[x] = 0.25f * ((upper[2 * x] + upper[2 * x + 1]) + (lower[2 * x] + lower[2 * x + 1]));
    if (width % 2) to[width / 2] = 0.5f * (upper[width - 1] + lower[width - 1]);
}

struct TileOfScale {
    std::size_t scale, channel;
    bool structure;
    ScoreTile tile;
};

}  // namespace

std::size_t pyramid_size(std::size_t height, std::size_t width) {
    std::size_t size = 0;
    for (const Scale& scale : scales_of(height, width)) size += kChannels * scale.n();
    return size;
}

template <typename Sample>
void xyb_pyramid(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                 double background, Team& team, float* pyramid) {
    const std::vector<Scale> scales = scales_of(height, width);
    for (std::size_t s = 0; s < scales.size(); ++s) {
        const Scale& scale = scales[s];
        float* const planes = pyramid + scale.offset;
        team.run((scale.height + kRowsATask - 1) / kRowsATask, [&](std::size_t task, std::size_t) {
            const std::size_t top = task * kRowsATask, bottom = std::min(scale.height, top + kRowsATask);
            const auto row = [&](std::size_t c, std::size_t y) { return planes + c * scale.n() + y * scale.width; };
            if (s == 0)
                with_channels(n_channels, [&](auto n) {
                    for (std::size_t y = top; y < bottom; ++y)
                        linear_row<n()>(samples + y * width * n(), width, background,
                                        {row(0, y), row(1, y), row(2, y)});
                });
            // The next scale is made of linear light, which its planes hold until they are converted.
            if (s + 1 < scales.size())
                for (std::size_t c = 0; c < kChannels; ++c) {
                    const Scale& next = scales[s + 1];
                    float* const halved = pyramid + next.offset + c * next.n();
                    for (std::size_t y = top; y < bottom; y += 2)
                        halve(row(c, y), row(c, std::min(y + 1, bottom - 1)), scale.width, halved + y / 2 * next.width);
                }
            kernels().xyb(row(0, top), row(1, top), row(2, top), (bottom - top) * scale.width);
        });
    }
}

double ssimulacra2(const float* a, const float* b, std::size_t height, std::size_t width, Team& team) {
    const std::vector<Scale> scales = scales_of(height, width);
    std::vector<TileOfScale> tiles;
    for (std::size_t c = 0; c < kChannels; ++c)
        for (std::size_t s = 0; s < scales.size(); ++s) {
            const double* weights = kWeights + (c * scales.size() + s) * kNorms * kMaps;
            if (std::all_of(weights, weights + kNorms * kMaps, [](double w) { return w == 0; })) continue;
            const bool structure = weights[0] != 0 || weights[kMaps] != 0;
            for (std::size_t top = 0; top < scales[s].height; top += kTileHeight)
                for (std::size_t left = 0; left < scales[s].width; left += kScoreTileWidth)
                    tiles.push_back({s,
                                     c,
                                     structure,
                                     {top, std::min(scales[s].height, top + kTileHeight), left,
                                      std::min(scales[s].width, left + kScoreTileWidth)}});
        }
    std::vector<ScoreSums> sums(tiles.size());
    team.run(tiles.size(), [&](std::size_t i, std::size_t) {
        const Scale& scale = scales[tiles[i].scale];
        const std::size_t offset = scale.offset + tiles[i].channel * scale.n();
        kernels().compare_tile(a + offset, b + offset, scale.height, scale.width, tiles[i].tile, tiles[i].structure,
                               sums[i]);
    });

    std::vector<ScoreSums> totals(kChannels * scales.size());
    for (ScoreSums& total : totals) total.fill(0);
    for (std::size_t i = 0; i < tiles.size(); ++i)
        for (std::size_t k = 0; k < kScoreSums; ++k)
            totals[tiles[i].channel * scales.size() + tiles[i].scale][k] += sums[i][k];
    double difference = 0;
    for (std::size_t i = 0; i < totals.size(); ++i)
        for (std::size_t norm = 0; norm < kNorms; ++norm)
            for (std::size_t map = 0; map < kMaps; ++map) {
                const double mean = totals[i][kNorms * map + norm] / static_cast<double>(scales[i % scales.size()].n());
                difference +=
                    kWeights[(i * kNorms + norm) * kMaps + map] * (norm == 0 ? mean : std::sqrt(std::sqrt(mean)));
            }
    // The curve that was fitted to the answers of people.
    difference *= 0.9562382616834844;
    difference =
        ((6.248496625763138e-05 * difference - 0.020884521182843837) * difference + 2.326765642916932) * difference;
    return difference > 0 ? 100 - 10 * std::pow(difference, 0.6276336467831387) : 100;
}

template void xyb_pyramid(const std::uint8_t*, std::size_t, std::size_t, std::size_t, double, Team&, float*);
template void xyb_pyramid(const std::uint16_t*, std::size_t, std::size_t, std::size_t, double, Team&, float*);

}  // namespace pil_kmeans
