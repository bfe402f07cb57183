// Mixes: the shares in which entries of a palette make up a colour for the eye.
//
// From afar a mix has the mean light of its entries. Let v_i be the light of entry i less that of the colour, in each
// cone divided by the slope of its response at the colour, and turned to Oklab: the step that the eye sees, where it is
// small. Let d_i be the distance of the two in Oklab, which is how much entry i stands out as a dot. Of all shares w
// those are taken that make
//
//     |sum w_i v_i|^2 + lambda sum w_i d_i^2
//
// least: the first term is the error of the mean, the second the noise. See `best_shares.hpp` for how they are found.
//
// A translucent colour is seen on black and on white (see `color_space.hpp`): it has a v for each, and both count.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/base/points.hpp"
#include "kernels/dither/best_shares.hpp"
#include "kernels/dither/dither.hpp"
#include "kernels/dither/dither_rows.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kMostMixed = 4;  // entries of a mix: the best has no more where all are opaque

// A mix, from the darkest entry to the lightest: entry i stands where a threshold is less than below[i] and not less
// than that of the entry before it. The last stands for all the rest.
struct Mix {
    std::uint16_t entries[kMostMixed];
    std::uint16_t below[kMostMixed - 1];
    std::uint8_t n;

    std::uint32_t at(std::uint32_t threshold) const {
        std::size_t i = 0;
        while (i + 1 < n && threshold >= below[i]) ++i;
        return entries[i];
    }
};

// How colours on some background act on the eye's cones, of weighted points.
class Cones {
  public:
    static constexpr std::size_t kN = 3;
    using Three = std::array<float, kN>;
    using Lanes = std::array<float, kMostCandidates>;

    Cones() = default;
    // `background`: Oklab lightness of what lies below what is translucent.
    Cones(const DitherOptions& options, bool has_alpha, double background);

    // What the cones of one who looks at a colour make of others, which are given by how far away they are.
    struct Eye {
        const Cones* cones;
        Three responses, per_light;

        // The steps v (see above) to colours that lie `ways` off, in the units of Oklab times the zoom of the grid, and
        // times `part`.
        void steps_to(const std::array<Lanes, kDims>& ways, float part, Lanes* steps) const;
    };
    Eye eye_at(PackedPoint point) const;

  private:
    std::array<std::array<float, kDims>, kN> per_unit_;
    Three at_origin_;
    float lightness_weight_, zoom_;
};

// What all mixes with a palette share. Each worker keeps those that it has found, so that a colour that comes again
// soon costs nothing; a mix depends on its colour and on nothing else.
class Mixes {
  public:
    // Expected: the palette and the options that the chooser is made of, which outlives this. Up to `n_workers` threads
    // may ask at a time, for some `n_pixels` in all. Colours that agree in the bits of `like` have the mix of the
    // middle of all those, unless one of them is an entry.
    Mixes(const DitherPalette& palette, const DitherOptions& options, Chooser& chooser, bool has_alpha,
          std::size_t n_pixels, PackedPoint like, std::size_t n_workers);

    // The mix of a weighted point, which is valid until this worker asks again.
    const Mix& of(PackedPoint point, bool is_opaque, std::size_t worker) {
        const Mix& mix = kept((point & like_) | middle_, is_opaque ? kOpaque : kVisible, worker);
        return mix.n == kOwn ? kept(point, is_opaque ? kExactOpaque : kExactVisible, worker) : mix;
    }

  private:
    enum Kind : std::uint8_t { kNothing, kVisible, kOpaque, kExactVisible, kExactOpaque };
    static constexpr std::uint8_t kOwn = 255;  // instead of a mix's n: each of these colours has its own

    struct Kept {
        PackedPoint point;
        Mix mix;
        Kind kind;
    };
    struct Candidates {
        std::size_t n;
        std::array<std::uint16_t, kMostCandidates> entries;
        std::array<std::array<float, kMostCandidates>, kDims> coordinates;
    };
    using Neighbours = std::vector<std::unique_ptr<Candidates>>;  // of each entry, null: not looked for yet
    struct Worker {
        std::vector<Kept> kept;
        Neighbours visible, opaque;
        std::vector<std::pair<std::int64_t, std::uint32_t>> order;
    };

    const Mix& kept(PackedPoint point, Kind kind, std::size_t worker) {
        Kept& kept = workers_[worker].kept[static_cast<std::size_t>((point ^ kind) * 0x9e3779b97f4a7c15u >> shift_)];
        if (kept.point != point || kept.kind != kind) kept = {point, found(point, kind, worker), kind};
        return kept.mix;
    }
    Mix found(PackedPoint point, Kind kind, std::size_t worker);
    bool holds_entry(PackedPoint middle, const Candidates& candidates) const;
    const Candidates& near(std::uint32_t entry, bool is_opaque, Worker& worker) const;
    template <std::size_t n_backgrounds>
    Mix mixed(PackedPoint point, const Candidates& candidates) const;
    template <std::size_t axes>
    Mix sorted(const Candidates& candidates, const BestShares<axes>& shares) const;

    Chooser& chooser_;
    bool is_dithered_, has_alpha_, has_opaque_ = false, has_visible_ = false;
    float noise_;  // of a squared distance of 1: lambda / 2, and the units
    std::array<Cones, 2> backgrounds_;
    std::vector<Opacity> opacity_;
    std::vector<std::uint32_t> by_lightness_, rank_;
    PackedPoint like_, middle_;
    unsigned shift_;
    std::vector<Worker> workers_;
};

}  // namespace pil_kmeans
