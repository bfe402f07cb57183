// Error diffusion over up to kRows rows at a time, each a few pixels behind the one above: so a step's pixels, one of
// each row, do not depend on each other, and fill the lanes.
#include "kernels/dither/walk.hpp"

#include <algorithm>
#include <atomic>

#include "kernels/base/simd_gather.hpp"
#include "kernels/dither/light_lanes.hpp"
#include "kernels/isa/isa_kernels.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr std::size_t kVectors = kRows / kLanes;  // of rows

// The first of four lanes whose bit is set; one is.
inline std::size_t first_of_four(unsigned lanes) { return static_cast<std::size_t>(std::countr_zero(lanes | 8)); }

// The nearest entry of points, given by their xy and zw words: the first of several.
#if defined(__AVX2__)

inline __m256i groups_of(const std::uint32_t* a, const std::uint32_t* b) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)),
                                   1);
}

inline __m256i pair_of(const std::uint32_t* words) {  // one in each half
    const __m128i pair = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(words));
    return _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair), _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
}

inline __m256i distances(const EntryGroup* first, const EntryGroup* second, __m256i xy, __m256i zw) {
    const __m256i a = _mm256_sub_epi16(groups_of(first->xy, second->xy), xy);
    const __m256i b = _mm256_sub_epi16(groups_of(first->zw, second->zw), zw);
    return _mm256_add_epi32(_mm256_madd_epi16(a, a), _mm256_madd_epi16(b, b));
}

constexpr std::size_t kPoints = 2;

// Group by group up to the end of the longer list: where lists end cannot be guessed, and one end for both is guessed
// wrong less often. The shorter goes on with its last group, which changes nothing.
inline void nearest(const EntryGroup* const* lists, const std::uint32_t* xy_words, const std::uint32_t* zw_words,
                    std::uint32_t* index) {
    const EntryGroup *const first = lists[0], *const second = lists[1];
    const __m256i xy = pair_of(xy_words), zw = pair_of(zw_words);
    __m256i best = distances(first, second, xy, zw), which = _mm256_setzero_si256();
    const std::uint32_t last = std::max(first->n_more, second->n_more);
    for (std::uint32_t i = 1; i <= last; ++i) {
        const __m256i others =
            distances(first + std::min(i, first->n_more), second + std::min(i, second->n_more), xy, zw);
        which = _mm256_blendv_epi8(which, _mm256_set1_epi32(static_cast<int>(i)), _mm256_cmpgt_epi32(best, others));
        best = _mm256_min_epi32(best, others);
    }
    __m256i least = _mm256_min_epi32(best, _mm256_shuffle_epi32(best, 0xb1));
    least = _mm256_min_epi32(least, _mm256_shuffle_epi32(least, 0x4e));
    // Of equals the earliest group in the lowest lane of four has the lowest index.
    const auto lanes = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(best, least))));
    const std::size_t a = first_of_four(lanes), b = first_of_four(lanes >> 4);
    if (last == 0) {
        index[0] = first->index[a];
        index[1] = second->index[b];
        return;
    }
    alignas(32) std::uint32_t group[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(group), which);
    index[0] = first[group[a]].index[a];
    index[1] = second[group[4 + b]].index[b];
}

#elif defined(__SSE2__) || defined(_M_X64)

inline std::uint32_t nearest_in(const EntryGroup* group, std::uint32_t xy, std::uint32_t zw) {
    const Vec a = sub16(load(group->xy), broadcast_word(xy)), b = sub16(load(group->zw), broadcast_word(zw));
    const Vec away = add(dot_pairs(a, a), dot_pairs(b, b));
    Vec least = min(away, Vec{_mm_shuffle_epi32(away.v, 0xb1)});
    least = min(least, Vec{_mm_shuffle_epi32(least.v, 0x4e)});
    return group->index[first_of_four(lane_bits(equal(away, least)))];
}

#else

inline std::uint32_t nearest_in(const EntryGroup* group, std::uint32_t xy, std::uint32_t zw) {
    std::int32_t away[4];
    for (std::size_t i = 0; i < 4; i += kLanes) {
        const Vec a = sub16(load(group->xy + i), broadcast_word(xy)),
                  b = sub16(load(group->zw + i), broadcast_word(zw));
        store(away + i, add(dot_pairs(a, a), dot_pairs(b, b)));
    }
    std::size_t least = 0;
    for (std::size_t i = 1; i < 4; ++i)
        if (away[i] < away[least]) least = i;
    return group->index[least];
}

#endif

inline std::uint32_t nearest_of_many(const EntryGroup* list, std::uint32_t xy, std::uint32_t zw) {
    return EntryCells::nearest_of_many(list, std::uint64_t{zw} << 32 | xy);
}

#if !defined(__AVX2__)
constexpr std::size_t kPoints = 1;

inline void nearest(const EntryGroup* const* list, const std::uint32_t* xy, const std::uint32_t* zw,
                    std::uint32_t* index) {
    *index = (*list)->n_more ? nearest_of_many(*list, *xy, *zw) : nearest_in(*list, *xy, *zw);
}
#endif

template <bool has_alpha, bool wide>
class Steps {
  public:
    explicit Steps(const RowWalk& walk) : walk_(walk), light_(walk.light) {}

    void run(std::size_t from, std::size_t to) {
        const std::size_t last_lag = kLag * (walk_.n_rows - 1);
        if (from == 0) start();
        std::size_t t = from;
        for (; t < to && t < last_lag; ++t) step<Pixels::of_some_rows>(t);
        if (walk_.n_rows == kRows)
            for (; t < to && t < walk_.width; ++t) step<Pixels::of_a_whole_walk>(t);
        for (; t < to && t < walk_.width; ++t) step<Pixels::of_all_rows>(t);
        for (; t < to; ++t) step<Pixels::of_some_rows>(t);
    }

  private:
    // Which rows of a walk have a pixel in a step: at its ends some only, between them all, of which kRows are the
    // most.
    enum class Pixels { of_some_rows, of_all_rows, of_a_whole_walk };

    static constexpr std::size_t kLag = reach_of(wide).lag, kAhead = reach_of(wide).ahead;
    static constexpr std::size_t kPlanes = Light<has_alpha>::kPlanes;

    float* recent(std::size_t rows_down, std::size_t t, std::size_t plane) const {
        return walk_.recent->of[rows_down][t % kRecent][plane];
    }

    // Error of a pixel of a row above, 0 for those beyond its ends.
    float above(std::size_t rows_up, std::ptrdiff_t x, std::size_t plane) const {
        if (x < 0 || x >= static_cast<std::ptrdiff_t>(walk_.width)) return 0.0f;
        return walk_.above[2 - rows_up][4 * x + static_cast<std::ptrdiff_t>(plane)];
    }

    // Errors of step t moved down by one row more. The first row gets that of the row above which lies where it would
    // have been at that step.
    void move_down(std::size_t rows_down, std::ptrdiff_t t) const {
        const auto place = static_cast<std::size_t>(t + 2 * static_cast<std::ptrdiff_t>(kRecent));
        const std::ptrdiff_t x = t + static_cast<std::ptrdiff_t>(rows_down * kLag);
        for (std::size_t c = 0; c < kPlanes; ++c) {
            Floats before = Floats::all(above(rows_down, x, c));
            for (std::size_t v = 0; v < kVectors; ++v) {
                const Floats own = load_floats(recent(rows_down - 1, place, c) + v * kLanes);
                store_floats(recent(rows_down, place, c) + v * kLanes, shifted_up(own, before));
                before = own;
            }
        }
    }

    // What the first steps find of steps before them: only the rows above have errors there.
    void start() const {
        const auto lag = static_cast<std::ptrdiff_t>(kLag), ahead = static_cast<std::ptrdiff_t>(kAhead);
        for (std::ptrdiff_t t = -lag; t < ahead - lag; ++t) move_down(1, t);
        if constexpr (wide)
            for (std::ptrdiff_t t = -2 * lag; t < ahead - 2 * lag; ++t) move_down(2, t);
    }

    // Part of what neighbours hand to the pixels of a step; those `up` rows above.
    template <std::size_t up, int... x>
    void carry(std::size_t t, std::size_t v, Floats* sum) const {
        const auto add = [&](int right) {
            const Floats share =
                Floats::all(walk_.shares[up][static_cast<std::size_t>(static_cast<int>(kReach) - right)]);
            const auto then = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(t + kRecent - kLag * up) + right);
            for (std::size_t c = 0; c < kPlanes; ++c)
                sum[c] = sum[c] + share * load_floats(recent(up, then, c) + v * kLanes);
        };
        (add(x), ...);
    }

    template <Pixels pixels>
    void step(std::size_t t) const {
        // Rows that have a pixel in this step. Others go through the motions with some pixel of the picture.
        std::size_t first = 0, end = pixels == Pixels::of_a_whole_walk ? kRows : walk_.n_rows;
        if constexpr (pixels == Pixels::of_some_rows) {
            first = t < walk_.width ? 0 : (t - walk_.width) / kLag + 1;
            end = std::min(end, t / kLag + 1);
        }
        const std::size_t n_vectors = (end + kLanes - 1) / kLanes;
        const auto place = [&](std::size_t r) {
            if constexpr (pixels != Pixels::of_a_whole_walk) r = std::clamp(r, first, end - 1);
            return r * walk_.width + t - kLag * r;
        };
        const auto now = static_cast<std::ptrdiff_t>(t), lag = static_cast<std::ptrdiff_t>(kLag);
        move_down(1, now + static_cast<std::ptrdiff_t>(kAhead) - lag);
        if constexpr (wide) move_down(2, now + static_cast<std::ptrdiff_t>(kAhead) - 2 * lag);
        if (first >= end) {  // narrow pictures have steps between pixels
            for (std::size_t c = 0; c < kPlanes; ++c)
                for (std::size_t r = 0; r < kRows; ++r) recent(0, t, c)[r] = 0.0f;
            return;
        }
        Planes wanted[kVectors], scale[kVectors];
        std::uint32_t cell[kRows], xy[kRows], zw[kRows], index[kRows] = {};
        bool is_opaque[kRows] = {};
        for (std::size_t v = 0; v < n_vectors; ++v) {
            Planes roots, slope;
            gather_quads([&](std::size_t lane) { return walk_.roots + 4 * place(v * kLanes + lane); }, roots);
            Vec opaque = broadcast(0);
            if constexpr (has_alpha) {
                for (std::size_t r = v * kLanes; r < (v + 1) * kLanes; ++r)
                    is_opaque[r] = walk_.opacity[place(r)] == Opacity::opaque;
                std::int32_t masks[kLanes];
                for (std::size_t lane = 0; lane < kLanes; ++lane) masks[lane] = is_opaque[v * kLanes + lane] ? -1 : 0;
                opaque = load(masks);
            }
            want(t, v, roots, opaque, wanted[v], slope);
            for (std::size_t c = 0; c < kPlanes; ++c) scale[v][c] = Floats::all(walk_.strength) / slope[c];
            look_up(v, wanted[v], opaque, cell, xy, zw);
        }
        const EntryGroup* lists[kRows];
        for (std::size_t r = first; r < end; ++r) lists[r] = list_of(is_opaque[r], cell[r]);
        find(lists, first, end, xy, zw, index);
        for (std::size_t r = first; r < end; ++r) {
            if (walk_.is_any_held && walk_.held[place(r)] != kDithered) index[r] = walk_.held[place(r)];
            walk_.indices[place(r)] = index[r];
        }
        for (std::size_t v = 0; v < n_vectors; ++v) {
            Planes entry;
            gather_quads([&](std::size_t lane) { return walk_.entries + 4 * std::size_t{index[v * kLanes + lane]}; },
                         entry);
            for (std::size_t c = 0; c < kPlanes; ++c)
                store_floats(recent(0, t, c) + v * kLanes, (wanted[v][c] - entry[c]) * scale[v][c]);
        }
        for (std::size_t c = 0; c < kPlanes; ++c) {
            float* const errors = recent(0, t, c);
            if constexpr (pixels == Pixels::of_some_rows) {
                for (std::size_t r = 0; r < first; ++r) errors[r] = 0.0f;
                for (std::size_t r = end; r < kRows; ++r) errors[r] = 0.0f;
            }
            if (walk_.is_any_held)
                for (std::size_t r = first; r < end; ++r)
                    if (walk_.held[place(r)] != kDithered) errors[r] = 0.0f;
            // The last rows' errors are for the walk below.
            for (std::size_t up = 0; up < (wide ? 2 : 1); ++up)
                if (const std::size_t r = walk_.n_rows - 1 - up; up < walk_.n_rows && r >= first && r < end)
                    walk_.below[1 - up][4 * (t - kLag * r) + c] = errors[r];
        }
    }

    // What pixels want, with what neighbours hand to them.
    void want(std::size_t t, std::size_t v, const Planes& roots, Vec opaque, Planes& wanted, Planes& slope) const {
        Planes carried, own;
        for (std::size_t c = 0; c < kPlanes; ++c) carried[c] = Floats::all(0.0f);
        if constexpr (wide) {
            carry<2, 2, 1, 0, -1, -2>(t, v, carried);
            carry<1, 2, 1, 0, -1, -2>(t, v, carried);
            carry<0, -2, -1>(t, v, carried);
        } else {
            carry<1, 1, 0, -1>(t, v, carried);
            carry<0, -1>(t, v, carried);  // known last
        }
        light_.slope(roots, slope);
        light_.of(roots, own);
        for (std::size_t c = 0; c < kPlanes; ++c) {
            const Floats bounded =
                max_floats(min_floats(own[c], Floats::all(walk_.high[c])), Floats::all(walk_.low[c]));
            wanted[c] = bounded + slope[c] * carried[c];
        }
        if constexpr (has_alpha) wanted[3] = select(opaque, own[3], wanted[3]);
        light_.clamp(wanted);
    }

    // The points of what is wanted, within bounds, as words, and their cells.
    void look_up(std::size_t v, const Planes& wanted, Vec opaque, std::uint32_t* cell, std::uint32_t* xy,
                 std::uint32_t* zw) const {
        Planes point;
        light_.point(wanted, point);
        Vec at[4];
        for (std::size_t d = 0; d < 4; ++d) at[d] = to_nearest(point[d]);
        Vec words[3];
        words_of(walk_.visible.layout, at, words);
        if constexpr (has_alpha) {
            Vec others[3];
            words_of(walk_.opaque.layout, at, others);
            for (std::size_t i = 0; i < 3; ++i) words[i] = select(opaque, others[i], words[i]);
        }
        store(cell + v * kLanes, words[0]);
        store(xy + v * kLanes, words[1]);
        store(zw + v * kLanes, words[2]);
    }

    static void words_of(const EntryCells::Layout& layout, const Vec* at, Vec* words) {
        const auto pair = [](Vec low, Vec high) {
            return bit_or(bit_and(low, broadcast(0xffff)), shift_left<16>(high));
        };
        Vec inside[4], steps[4];
        for (std::size_t d = 0; d < 4; ++d) {
            const Vec low = broadcast(layout.low[d]), high = broadcast(layout.high[d]);
            const Vec raised = select(less(at[d], low), low, at[d]);
            inside[d] = min(raised, high);
            steps[d] = shift_right_all(sub(inside[d], low), layout.shift);
        }
        const Vec plane = dot_pairs(pair(steps[0], steps[1]), broadcast_word(layout.xy_strides));
        const Vec planes = dot_pairs(pair(steps[2], steps[3]), broadcast_word(layout.zw_strides));
        words[0] = add(plane, dot_pairs(planes, broadcast_word(layout.plane)));
        words[1] = pair(inside[0], inside[1]);
        words[2] = pair(inside[2], inside[3]);
    }

    const EntryGroup* list_of(bool is_opaque, std::uint32_t cell) const {
        const EntryCells::Table& table = has_alpha && is_opaque ? walk_.opaque : walk_.visible;
        const EntryGroup* const list = std::atomic_ref(table.lists[cell]).load(std::memory_order_acquire);
        return list ? list : table.cells->fill(cell, walk_.worker);
    }

    static void find(const EntryGroup* const* lists, std::size_t first, std::size_t end, const std::uint32_t* xy,
                     const std::uint32_t* zw, std::uint32_t* index) {
        std::size_t r = first;
        for (; r + kPoints <= end; r += kPoints) nearest(lists + r, xy + r, zw + r, index + r);
        for (; r < end; ++r) index[r] = nearest_of_many(lists[r], xy[r], zw[r]);
    }

    const RowWalk& walk_;
    const Light<has_alpha> light_;
};

}  // namespace

void walk_rows(const RowWalk& walk, bool has_alpha, bool wide, std::size_t from, std::size_t to) {
    const auto run = [&]<bool alpha>() {
        wide ? Steps<alpha, true>(walk).run(from, to) : Steps<alpha, false>(walk).run(from, to);
    };
    has_alpha ? run.template operator()<true>() : run.template operator()<false>();
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
