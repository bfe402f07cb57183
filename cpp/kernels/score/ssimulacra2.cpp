#include "kernels/score/ssimulacra2.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "kernels/base/labels.hpp"
#include "kernels/color/color_space.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kChannels = 3, kNorms = 2, kMaps = 3;
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

// The scales of a picture, from the first that is looked at.
std::vector<Scale> scales_of(std::size_t height, std::size_t width, std::size_t first_scale) {
    std::vector<Scale> scales;
    std::size_t offset = 0;
    std::size_t from = std::min(height, width);  // size of what a scale is made of, which must be large enough
    for (std::size_t s = 0; s < kMostScales && from >= kMinScored; ++s) {
        from = std::min(height, width);
        if (s >= first_scale) {
            scales.push_back({height, width, offset});
            offset += kChannels * height * width;
        }
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

// Linear light of rows [top, bottom) of the first scale that is looked at, each of which is made of 2^first_scale rows
// of the picture; `light(y, rows)` gives those.
template <typename Light>
void first_rows(const Light& light, std::size_t height, std::size_t width, std::size_t first_scale, std::size_t top,
                std::size_t bottom, float* const (&planes)[kChannels], std::size_t plane_width) {
    const std::size_t n_rows = std::size_t{1} << first_scale;
    std::vector<float> memory(first_scale ? 2 * kChannels * n_rows * width : 0);
    for (std::size_t y = top; y < bottom; ++y) {
        float* to[kChannels];
        for (std::size_t c = 0; c < kChannels; ++c) to[c] = planes[c] + y * plane_width;
        if (first_scale == 0) {
            light(y, to);
            continue;
        }
        std::size_t n = std::min(n_rows, height - y * n_rows), own_width = width;
        const auto row = [&](std::size_t part, std::size_t c, std::size_t i) {
            return memory.data() + ((part * kChannels + c) * n_rows + i) * width;
        };
        for (std::size_t i = 0; i < n; ++i) light(y * n_rows + i, {row(0, 0, i), row(0, 1, i), row(0, 2, i)});
        for (std::size_t s = 0, part = 0; s < first_scale; ++s, part ^= 1) {
            for (std::size_t c = 0; c < kChannels; ++c)
                for (std::size_t i = 0; i < n; i += 2)
                    halve(row(part, c, i), row(part, c, std::min(i + 1, n - 1)), own_width,
                          s + 1 < first_scale ? row(part ^ 1, c, i / 2) : to[c]);
            n = (n + 1) / 2;
            own_width = (own_width + 1) / 2;
        }
    }
}

// As xyb_pyramid, of the rows that `light(y, rows)` gives in linear light.
template <typename Light>
void make_pyramid(const Light& light, std::size_t height, std::size_t width, std::size_t first_scale, Team& team,
                  float* pyramid) {
    const std::vector<Scale> scales = scales_of(height, width, first_scale);
    for (std::size_t s = 0; s < scales.size(); ++s) {
        const Scale& scale = scales[s];
        float* const planes = pyramid + scale.offset;
        team.run((scale.height + kRowsATask - 1) / kRowsATask, [&](std::size_t task, std::size_t) {
            const std::size_t top = task * kRowsATask, bottom = std::min(scale.height, top + kRowsATask);
            const auto row = [&](std::size_t c, std::size_t y) { return planes + c * scale.n() + y * scale.width; };
            if (s == 0)
                first_rows(light, height, width, first_scale, top, bottom, {row(0, 0), row(1, 0), row(2, 0)},
                           scale.width);
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

}  // namespace

std::size_t pyramid_size(std::size_t height, std::size_t width, std::size_t first_scale) {
    std::size_t size = 0;
    for (const Scale& scale : scales_of(height, width, first_scale)) size += kChannels * scale.n();
    return size;
}

template <typename Sample>
void xyb_pyramid(const Sample* samples, std::size_t height, std::size_t width, std::size_t n_channels,
                 double background, std::size_t first_scale, Team& team, float* pyramid) {
    with_channels(n_channels, [&](auto n) {
        const auto light = [&](std::size_t y, float* const(&rows)[kChannels]) {
            linear_row<n()>(samples + y * width * n(), width, background, rows);
        };
        make_pyramid(light, height, width, first_scale, team, pyramid);
    });
}

template <typename Index, typename Sample>
void xyb_pyramid(const Index* indices, std::size_t height, std::size_t width, const Sample* palette,
                 std::size_t n_entries, std::size_t n_channels, double background, std::size_t first_scale, Team& team,
                 float* pyramid) {
    if (!all_below(indices, height * width, n_entries)) throw std::invalid_argument("indices must be below n_entries");
    std::vector<float> entries(kChannels * n_entries);
    with_channels(n_channels, [&](auto n) {
        linear_row<n()>(palette, n_entries, background,
                        {entries.data(), entries.data() + n_entries, entries.data() + 2 * n_entries});
    });
    const auto light = [&](std::size_t y, float* const(&rows)[kChannels]) {
        const Index* const own = indices + y * width;
        for (std::size_t c = 0; c < kChannels; ++c) {
            const float* const values = entries.data() + c * n_entries;
            float* const to = rows[c];
            for_eights(width, [=](std::size_t i) { to[i] = values[own[i]]; });
        }
    };
    make_pyramid(light, height, width, first_scale, team, pyramid);
}

double ssimulacra2(const float* a, const float* b, std::size_t height, std::size_t width, std::size_t first_scale,
                   Team& team) {
    const std::vector<Scale> scales = scales_of(height, width, first_scale);
    const auto weights_of = [&](std::size_t channel, std::size_t scale) {
        return kWeights + (channel * (first_scale + scales.size()) + first_scale + scale) * kNorms * kMaps;
    };
    std::vector<TileOfScale> tiles;
    for (std::size_t c = 0; c < kChannels; ++c)
        for (std::size_t s = 0; s < scales.size(); ++s) {
            const double* weights = weights_of(c, s);
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
    for (std::size_t c = 0; c < kChannels; ++c)
        for (std::size_t s = 0; s < scales.size(); ++s)
            for (std::size_t norm = 0; norm < kNorms; ++norm)
                for (std::size_t map = 0; map < kMaps; ++map) {
                    const double sum = totals[c * scales.size() + s][kNorms * map + norm];
                    const double mean = sum / static_cast<double>(scales[s].n());
                    difference +=
                        weights_of(c, s)[norm * kMaps + map] * (norm == 0 ? mean : std::sqrt(std::sqrt(mean)));
                }
    // The curve that was fitted to the answers of people.
    difference *= 0.9562382616834844;
    difference =
        ((6.248496625763138e-05 * difference - 0.020884521182843837) * difference + 2.326765642916932) * difference;
    return difference > 0 ? 100 - 10 * std::pow(difference, 0.6276336467831387) : 100;
}

template void xyb_pyramid(const std::uint8_t*, std::size_t, std::size_t, std::size_t, double, std::size_t, Team&,
                          float*);
template void xyb_pyramid(const std::uint16_t*, std::size_t, std::size_t, std::size_t, double, std::size_t, Team&,
                          float*);
template void xyb_pyramid(const std::uint8_t*, std::size_t, std::size_t, const std::uint8_t*, std::size_t, std::size_t,
                          double, std::size_t, Team&, float*);
template void xyb_pyramid(const std::uint8_t*, std::size_t, std::size_t, const std::uint16_t*, std::size_t, std::size_t,
                          double, std::size_t, Team&, float*);
template void xyb_pyramid(const std::uint16_t*, std::size_t, std::size_t, const std::uint8_t*, std::size_t, std::size_t,
                          double, std::size_t, Team&, float*);
template void xyb_pyramid(const std::uint16_t*, std::size_t, std::size_t, const std::uint16_t*, std::size_t,
                          std::size_t, double, std::size_t, Team&, float*);

}  // namespace pil_kmeans
