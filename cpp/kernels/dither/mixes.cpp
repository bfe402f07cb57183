#include "kernels/dither/mixes.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "kernels/color/color_space.hpp"

namespace pil_kmeans {
namespace {

constexpr float kNoiseAtHalf = 0.57f;  // lambda at strength 1/2
constexpr float kLeastNoise = 0.002f;  // lambda at strength 1, which chooses between mixes of the same light
constexpr float kBlackSlope = 0.05f;   // added to the slopes, so that that of black is not 0
constexpr float kWhiteShare = 2.0f / 3.0f;
constexpr std::size_t kMostKept = std::size_t{1} << 16;  // mixes at hand for each worker
constexpr std::size_t kWindow = 1024;  // entries of about the same lightness where neighbours are sought

std::int32_t coordinate(PackedPoint point, std::size_t d) { return static_cast<std::int16_t>(point >> (16 * d)); }

std::int64_t distance(PackedPoint a, PackedPoint b) {
    std::int64_t sum = 0;
    for (std::size_t d = 0; d < kDims; ++d) {
        const std::int64_t difference = coordinate(a, d) - coordinate(b, d);
        sum += difference * difference;
    }
    return sum;
}

// Units of the grid in a unit of Oklab, or from transparent to opaque, of weighted points.
std::array<float, kDims> units_of(const DitherOptions& options) {
    const ColorSpace& oklab = color_space("oklab");
    const double zoom = options.grid.zoom, weight = options.lightness_weight / 8.0;
    const auto unit = static_cast<float>(oklab.scale * zoom);
    return {static_cast<float>(oklab.scale * zoom * weight), unit, unit,
            static_cast<float>(alpha_scale(oklab, false) * zoom * weight)};
}

}  // namespace

Cones::Cones(const DitherOptions& options, bool has_alpha, double background)
    : lightness_weight_(static_cast<float>(options.lightness_weight) / 8.0f),
      zoom_(static_cast<float>(options.grid.zoom)) {
    constexpr std::array<std::array<float, kN>, kN> of_oklab{
        {{1, 0.3963377774f, 0.2158037573f}, {1, -0.1055613458f, -0.0638541728f}, {1, -0.0894841775f, -1.2914855480f}}};
    const std::array<float, kDims> units = units_of(options);
    // With alpha, points are a (x - m): on a background b that is a (x - m) + a (m - b) + b.
    const double mean = mean_background(color_space("oklab"))[0];
    for (std::size_t c = 0; c < kN; ++c) {
        double at_origin = has_alpha ? background : 0;
        for (std::size_t d = 0; d < kN; ++d) {
            per_unit_[c][d] = of_oklab[c][d] / units[d];
            at_origin += static_cast<double>(of_oklab[c][d]) * options.grid.origin[d];
        }
        if (has_alpha) at_origin += (mean - background) * options.grid.origin[3];
        per_unit_[c][3] = has_alpha ? static_cast<float>(mean - background) / units[3] : 0.0f;
        at_origin_[c] = static_cast<float>(at_origin);
    }
}

Cones::Eye Cones::eye_at(PackedPoint point) const {
    Eye eye{this, at_origin_, {}};
    for (std::size_t c = 0; c < kN; ++c) {
        for (std::size_t d = 0; d < kDims; ++d)
            eye.responses[c] += per_unit_[c][d] * static_cast<float>(coordinate(point, d));
        eye.per_light[c] = zoom_ / (3 * eye.responses[c] * eye.responses[c] + kBlackSlope);
    }
    return eye;
}

// Differences of cubes are taken apart, so that what is hardly different loses no digits.
void Cones::Eye::steps_to(const std::array<Lanes, kDims>& ways, float part, Lanes* steps) const {
    Lanes light[kN];
    for (std::size_t c = 0; c < kN; ++c) {
        const std::array<float, kDims>& unit = cones->per_unit_[c];
        const float here = responses[c], per = per_light[c] * part;
        for (std::size_t i = 0; i < kMostCandidates; ++i) {
            const float difference =
                unit[0] * ways[0][i] + unit[1] * ways[1][i] + unit[2] * ways[2][i] + unit[3] * ways[3][i];
            const float there = here + difference;
            light[c][i] = difference * (here * here + here * there + there * there) * per;
        }
    }
    steps_in_oklab(light, cones->lightness_weight_, steps);
}

Mixes::Mixes(const DitherPalette& palette, const DitherOptions& options, Chooser& chooser, bool has_alpha,
             std::size_t n_pixels, PackedPoint like, std::size_t n_workers)
    : chooser_(chooser),
      is_dithered_(options.strength > 0),
      has_alpha_(has_alpha),
      backgrounds_{Cones(options, has_alpha, 0), Cones(options, has_alpha, 1)},
      opacity_(palette.opacity, palette.opacity + palette.entries.n),
      by_lightness_(palette.entries.n),
      rank_(palette.entries.n),
      like_(like),
      middle_(~like >> 1 & ~like),  // each coordinate's bits are its lowest
      workers_(n_workers) {
    const std::size_t k = palette.entries.n;
    const auto strength = static_cast<float>(std::max(options.strength, 1));
    const float lambda = std::max(kNoiseAtHalf * (256.0f - strength) / strength, kLeastNoise);
    const auto scale = static_cast<float>(color_space("oklab").scale);
    noise_ = 0.5f * lambda / (scale * scale);
    for (const Opacity opacity : opacity_) {
        has_opaque_ |= opacity == Opacity::opaque;
        has_visible_ |= opacity != Opacity::transparent;
    }
    // Alpha is seen as lightness.
    const auto lightness = [&](std::uint32_t i) {
        return coordinate(chooser.entry(i), 0) + coordinate(chooser.entry(i), 3);
    };
    std::iota(by_lightness_.begin(), by_lightness_.end(), 0u);
    std::stable_sort(by_lightness_.begin(), by_lightness_.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return lightness(a) < lightness(b); });
    for (std::size_t i = 0; i < k; ++i) rank_[by_lightness_[i]] = static_cast<std::uint32_t>(i);
    const std::size_t n_kept = std::clamp(std::bit_ceil(n_pixels), std::size_t{2}, kMostKept);
    shift_ = 64u - static_cast<unsigned>(std::countr_zero(n_kept));
    for (Worker& worker : workers_) {
        worker.kept.assign(n_kept, Kept{});
        worker.visible.resize(k);
        if (has_alpha) worker.opaque.resize(k);
    }
}

const Mixes::Candidates& Mixes::near(std::uint32_t entry, bool is_opaque, Worker& worker) const {
    std::unique_ptr<Candidates>& known = (is_opaque && has_alpha_ ? worker.opaque : worker.visible)[entry];
    if (known) return *known;
    const std::size_t k = by_lightness_.size(), rank = rank_[entry];
    const std::size_t first = std::min(rank - std::min(rank, kWindow / 2), k - std::min(k, kWindow));
    const std::size_t last = std::min(k, first + kWindow);
    const PackedPoint middle = chooser_.entry(entry);
    worker.order.clear();
    for (std::size_t at = first; at < last; ++at) {
        const std::uint32_t i = by_lightness_[at];
        const bool can_be = is_opaque && has_opaque_ ? opacity_[i] == Opacity::opaque
                            : has_visible_           ? opacity_[i] != Opacity::transparent
                                                     : true;
        if (can_be) worker.order.emplace_back(i == entry ? -1 : distance(middle, chooser_.entry(i)), i);
    }
    known = std::make_unique<Candidates>();
    known->n = std::min(kMostCandidates, worker.order.size());
    std::partial_sort(worker.order.begin(), worker.order.begin() + static_cast<std::ptrdiff_t>(known->n),
                      worker.order.end());
    for (std::size_t i = 0; i < known->n; ++i) {
        const std::uint32_t other = worker.order[i].second;
        known->entries[i] = static_cast<std::uint16_t>(other);
        for (std::size_t d = 0; d < kDims; ++d)
            known->coordinates[d][i] = static_cast<float>(coordinate(chooser_.entry(other), d));
    }
    return *known;
}

// Or may hold one that is not among them.
bool Mixes::holds_entry(PackedPoint middle, const Candidates& candidates) const {
    for (std::size_t i = 0; i < candidates.n; ++i)
        if (((chooser_.entry(candidates.entries[i]) ^ middle) & like_) == 0) return true;
    std::int64_t room = 0;
    for (std::size_t d = 0; d < kDims; ++d) {
        const std::int64_t half = coordinate(middle_, d) + 1;
        room += half * half;
    }
    // What lies in it is no farther from the middle than its corners, and the nearest entry neither.
    return candidates.n == kMostCandidates &&
           distance(chooser_.entry(candidates.entries[0]), chooser_.entry(candidates.entries[candidates.n - 1])) <=
               4 * room;
}

Mix Mixes::found(PackedPoint point, Kind kind, std::size_t which) {
    const bool is_opaque = kind == kOpaque || kind == kExactOpaque,
               is_exact = kind == kExactVisible || kind == kExactOpaque;
    EntryCells& cells = is_opaque ? chooser_.for_opaque() : chooser_.visible();
    const std::uint32_t nearest = cells.nearest(cells.clamp(from_pixel(point)), which);
    Mix alone{};
    alone.entries[0] = static_cast<std::uint16_t>(nearest);
    alone.n = 1;
    if (!is_dithered_ && (is_exact || middle_ == 0)) return alone;
    if (chooser_.entry(nearest) == point && (is_exact || middle_ == 0)) return alone;
    const Candidates& candidates = near(nearest, is_opaque, workers_[which]);
    if (!is_exact && middle_ != 0 && (!is_dithered_ || holds_entry(point, candidates))) {
        alone.n = kOwn;
        return alone;
    }
    return !has_alpha_ || (is_opaque && has_opaque_) ? mixed<1>(point, candidates) : mixed<2>(point, candidates);
}

template <std::size_t n_backgrounds>
Mix Mixes::mixed(PackedPoint point, const Candidates& candidates) const {
    constexpr std::size_t axes = Cones::kN * n_backgrounds;
    using Lanes = typename BestShares<axes>::Lanes;
    std::array<Lanes, axes> steps;
    std::array<Lanes, kDims> ways;
    Lanes noise{};
    for (std::size_t d = 0; d < kDims; ++d) {
        const auto own = static_cast<float>(coordinate(point, d));
        for (std::size_t i = 0; i < kMostCandidates; ++i) {
            ways[d][i] = candidates.coordinates[d][i] - own;
            noise[i] += noise_ * (ways[d][i] * ways[d][i]);
        }
    }
    for (std::size_t on = 0; on < n_backgrounds; ++on) {
        const float part = n_backgrounds == 1 ? 1.0f : std::sqrt(on ? kWhiteShare : 1 - kWhiteShare);
        backgrounds_[on].eye_at(point).steps_to(ways, part, &steps[Cones::kN * on]);
    }
    return sorted(candidates, BestShares<axes>(steps, noise, candidates.n));
}

template <std::size_t axes>
Mix Mixes::sorted(const Candidates& candidates, const BestShares<axes>& shares) const {
    struct Part {
        std::uint32_t rank;
        float share;
    };
    std::array<Part, BestShares<axes>::kMostIn> parts;
    std::size_t n = 0;
    for (std::size_t i = 0; i < shares.size(); ++i)
        parts[n++] = {rank_[candidates.entries[shares.entry(i)]], shares.share(i)};
    while (n > kMostMixed) {
        const auto least = std::min_element(parts.begin(), parts.begin() + n,
                                            [](const Part& a, const Part& b) { return a.share < b.share; });
        *least = parts[--n];
    }
    std::sort(parts.begin(), parts.begin() + n, [](const Part& a, const Part& b) { return a.rank < b.rank; });
    float total = 0, sum = 0;
    for (std::size_t i = 0; i < n; ++i) total += parts[i].share;
    Mix mix{};
    mix.n = static_cast<std::uint8_t>(n);
    for (std::size_t i = 0; i < n; ++i) {
        sum += parts[i].share;
        mix.entries[i] = static_cast<std::uint16_t>(by_lightness_[parts[i].rank]);
        if (i + 1 < n) mix.below[i] = static_cast<std::uint16_t>(std::min(sum / total * 65536.0f + 0.5f, 65535.0f));
    }
    return mix;
}

}  // namespace pil_kmeans
