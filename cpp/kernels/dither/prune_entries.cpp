// Which entries can be nearest somewhere in a box.
//
// Entry c can only if it is not behind the bisector between it and another entry p: max over the box of 2 (c - p) . x
// >= |c|^2 - |p|^2. Floats round, so a little more is kept.
#include "kernels/base/float_lanes.hpp"
#include "kernels/base/simd_gather.hpp"
#include "kernels/dither/entry_cells.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr float kFar = 1e30f, kSlack = 2048;
constexpr std::size_t kShort = 20;  // entries of which each is a pivot: of more it would take longer than it saves
static_assert(kLanes <= kEntryPad);

// The entry nearest to the middle of the box: it keeps fewest.
template <std::size_t D>
std::size_t pivot_of(const EntryColumns& entries, const float* middle2) {
    Vec best = broadcast_float(kFar), best_at = broadcast(0);
    for (std::size_t j = 0; j < entries.n; j += kLanes) {
        Floats score = Floats::all(0.0f);
        for (std::size_t d = 0; d < D; ++d) {
            const Floats x = load_floats(entries.x[d] + j), away = x + x - Floats::all(middle2[d]);
            score = score + away * away;
        }
        Vec closer = less_float(bits_of(score), best);
        if (entries.n - j < kLanes)
            closer = bit_and(closer, less(lane_numbers(), broadcast(static_cast<std::int32_t>(entries.n - j))));
        best = select(closer, bits_of(score), best);
        best_at = select(closer, broadcast(static_cast<std::int32_t>(j)), best_at);
    }
    float scores[kLanes];
    std::int32_t places[kLanes];
    store(scores, best);
    store(places, best_at);
    std::size_t nearest = 0;
    for (std::size_t lane = 1; lane < kLanes; ++lane)
        if (scores[lane] < scores[nearest]) nearest = lane;
    return static_cast<std::size_t>(places[nearest]) + nearest;
}

// Keep what is not behind the bisector between it and the pivot, which becomes the pivot's place among what is kept.
// `from` and `to` may be the same.
template <std::size_t D>
std::size_t keep_before(std::size_t& pivot, const EntryColumns& from, const float* middle2, float size,
                        const EntryColumns& to) {
    float at[D];
    for (std::size_t d = 0; d < D; ++d) at[d] = from.x[d][pivot];
    std::size_t kept = 0, place = 0;
    for (std::size_t j = 0; j < from.n; j += kLanes) {
        Floats x[D], reach = Floats::all(0.0f);
        for (std::size_t d = 0; d < D; ++d) {
            x[d] = load_floats(from.x[d] + j);
            const Floats away = x[d] - Floats::all(at[d]), far = max_floats(away, Floats::all(0.0f) - away);
            reach = reach + away * (Floats::all(middle2[d] - at[d]) - x[d]) + far * Floats::all(size);
        }
        unsigned keep = ~lane_bits(less_float(bits_of(reach), broadcast_float(-kSlack))) & ((1u << kLanes) - 1);
        if (from.n - j < kLanes) keep &= (1u << (from.n - j)) - 1;
        if (pivot / kLanes * kLanes == j)
            place = kept + static_cast<std::size_t>(std::popcount(keep & ((1u << (pivot - j)) - 1)));
        const Vec index = load(from.index + j);
        for (std::size_t d = 0; d < D; ++d) compress(bits_of(x[d]), keep, to.x[d] + kept);
        compress(index, keep, to.index + kept);
        kept += static_cast<std::size_t>(std::popcount(keep));
    }
    pivot = place;
    return kept;
}

template <std::size_t D>
std::size_t prune(const EntryColumns& from, const float* middle2, float size, const EntryColumns& to) {
    std::size_t pivot = pivot_of<D>(from, middle2);
    EntryColumns kept = to;
    kept.n = keep_before<D>(pivot, from, middle2, size, to);
    if (kept.n > kShort) return kept.n;
    for (pivot = 0; pivot < kept.n && kept.n > kGroupSize; ++pivot)
        kept.n = keep_before<D>(pivot, kept, middle2, size, kept);
    return kept.n;
}

}  // namespace

std::size_t prune_entries(const EntryColumns& from, std::size_t n_dims, const float* middle2, float size,
                          const EntryColumns& to) {
    return n_dims == 3 ? prune<3>(from, middle2, size, to) : prune<4>(from, middle2, size, to);
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
