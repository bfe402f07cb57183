// Nearest center of every point, exactly, by pruning whole blocks of points at once.
//
// Points come in Morton order, so runs of them fill small boxes. Seen from a box, center c can be nearest to some
// point only if it is not behind the bisector between it and another center p:
//     max over the box of (c - p) . x  >=  (|c|^2 - |p|^2) / 2.
// Candidates that pass the test for 2048 points are tested again for 256 of them, then for 32; the few that are left
// are compared point by point with |c|^2 - 2 c . x, which orders centers as the squared distance does.
// Ties go to the lowest index: candidates stay in ascending order and only a strictly smaller value replaces one.
#include "kernels/isa/isa_kernels.hpp"

#include <bit>

#include "kernels/base/simd.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

constexpr std::int32_t kFar = 0x7fffffff;
constexpr std::size_t kGroups = 4;  // vectors of points that one pass over the candidates serves

// Twice the dot product that decides between candidates.
inline Vec doubled(Vec pairs) { return add16(pairs, pairs); }

Box box_of(const Points& points, std::size_t start, std::size_t end) {
    std::int16_t low[kDims], high[kDims];
    std::size_t i = start;
    const Coordinates first = unpack(points.xy[i], points.zw[i]);
    for (std::size_t d = 0; d < kDims; ++d) low[d] = high[d] = first[d];
    if (end - start >= kLanes) {
        Vec low_xy = load(points.xy + i), high_xy = low_xy, low_zw = load(points.zw + i), high_zw = low_zw;
        for (i += kLanes; i + kLanes <= end; i += kLanes) {
            const Vec xy = load(points.xy + i), zw = load(points.zw + i);
            low_xy = min16(low_xy, xy);
            high_xy = max16(high_xy, xy);
            low_zw = min16(low_zw, zw);
            high_zw = max16(high_zw, zw);
        }
        std::uint32_t corner[4][kLanes];
        store(corner[0], low_xy);
        store(corner[1], low_zw);
        store(corner[2], high_xy);
        store(corner[3], high_zw);
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const Coordinates a = unpack(corner[0][lane], corner[1][lane]);
            const Coordinates b = unpack(corner[2][lane], corner[3][lane]);
            for (std::size_t d = 0; d < kDims; ++d) {
                if (a[d] < low[d]) low[d] = a[d];
                if (b[d] > high[d]) high[d] = b[d];
            }
        }
    }
    for (; i < end; ++i) {
        const Coordinates x = unpack(points.xy[i], points.zw[i]);
        for (std::size_t d = 0; d < kDims; ++d) {
            if (x[d] < low[d]) low[d] = x[d];
            if (x[d] > high[d]) high[d] = x[d];
        }
    }
    std::int16_t mid2[kDims], size[kDims];
    for (std::size_t d = 0; d < kDims; ++d) {
        mid2[d] = static_cast<std::int16_t>(high[d] + low[d]);
        size[d] = static_cast<std::int16_t>(high[d] - low[d]);
    }
    return {pack_pair(mid2[0], mid2[1]), pack_pair(mid2[2], mid2[3]), pack_pair(size[0], size[1]),
            pack_pair(size[2], size[3])};
}

Box enclose(const Box* boxes, std::size_t n) {
    std::int32_t low[kDims], high[kDims];
    for (std::size_t i = 0; i < n; ++i) {
        const Coordinates mid2 = unpack(boxes[i].mid2_xy, boxes[i].mid2_zw);
        const Coordinates size = unpack(boxes[i].size_xy, boxes[i].size_zw);
        for (std::size_t d = 0; d < kDims; ++d) {
            const std::int32_t low2 = mid2[d] - size[d], high2 = mid2[d] + size[d];
            if (i == 0 || low2 < low[d]) low[d] = low2;
            if (i == 0 || high2 > high[d]) high[d] = high2;
        }
    }
    std::int16_t mid2[kDims], size[kDims];
    for (std::size_t d = 0; d < kDims; ++d) {  // low and high are even: twice a coordinate
        mid2[d] = static_cast<std::int16_t>((high[d] + low[d]) / 2);
        size[d] = static_cast<std::int16_t>((high[d] - low[d]) / 2);
    }
    return {pack_pair(mid2[0], mid2[1]), pack_pair(mid2[2], mid2[3]), pack_pair(size[0], size[1]),
            pack_pair(size[2], size[3])};
}

// The place of the candidate that is nearest to the middle of the box.
std::size_t nearest_to_middle(const Candidates& from, const Box& box) {
    const Vec mid2_xy = broadcast(static_cast<std::int32_t>(box.mid2_xy));
    const Vec mid2_zw = broadcast(static_cast<std::int32_t>(box.mid2_zw));
    Vec best = broadcast(kFar), best_at = broadcast(0);
    for (std::size_t j = 0; j < from.n; j += kLanes) {  // the padding's norm is kFar, its coordinates zero
        const Vec score =
            sub(load(from.norm + j), add(dot_pairs(load(from.xy + j), mid2_xy), dot_pairs(load(from.zw + j), mid2_zw)));
        const Vec closer = less(score, best);
        best = select(closer, score, best);
        best_at = select(closer, broadcast(static_cast<std::int32_t>(j)), best_at);
    }
    std::int32_t lane_best[kLanes], lane_at[kLanes];
    store(lane_best, best);
    store(lane_at, best_at);
    std::size_t pivot = 0;
    std::int32_t pivot_score = kFar;
    for (std::size_t lane = 0; lane < kLanes; ++lane)
        if (lane_best[lane] < pivot_score) {
            pivot_score = lane_best[lane];
            pivot = static_cast<std::size_t>(lane_at[lane]) + lane;
        }
    return pivot;
}

// The candidates that can be nearest somewhere in the box, as far as a pivot tells: any center would do, a near one
// prunes most.
void prune_by(const Candidates& from, const Box& box, const Candidates& centers, std::size_t pivot, Candidates& to) {
    const Vec mid2_xy = broadcast(static_cast<std::int32_t>(box.mid2_xy));
    const Vec mid2_zw = broadcast(static_cast<std::int32_t>(box.mid2_zw));
    const Vec size_xy = broadcast(static_cast<std::int32_t>(box.size_xy));
    const Vec size_zw = broadcast(static_cast<std::int32_t>(box.size_zw));
    const Vec pivot_xy = broadcast(static_cast<std::int32_t>(centers.xy[pivot]));
    const Vec pivot_zw = broadcast(static_cast<std::int32_t>(centers.zw[pivot]));
    const Vec pivot_norm = broadcast(centers.norm[pivot]);
    std::size_t kept = 0;
    for (std::size_t j = 0; j < from.n; j += kLanes) {
        const Vec xy = sub16(load(from.xy + j), pivot_xy), zw = sub16(load(from.zw + j), pivot_zw);
        const Vec reach = add(add(dot_pairs(xy, mid2_xy), dot_pairs(zw, mid2_zw)),
                              add(dot_pairs(abs16(xy), size_xy), dot_pairs(abs16(zw), size_zw)));
        const Vec needed = sub(load(from.norm + j), pivot_norm);
        unsigned behind = lane_bits(less(reach, needed));
        if (from.n - j < kLanes) behind |= ~0u << (from.n - j);
        const unsigned keep = ~behind & ((1u << kLanes) - 1);
        compress(load(from.xy + j), keep, to.xy + kept);
        compress(load(from.zw + j), keep, to.zw + kept);
        compress(load(from.norm + j), keep, to.norm + kept);
        compress(load(from.index + j), keep, to.index + kept);
        kept += static_cast<std::size_t>(std::popcount(keep));
    }
    to.n = kept;
    for (std::size_t j = kept; j < kept + kCandidatePad; ++j) {
        to.xy[j] = to.zw[j] = 0;
        to.norm[j] = kFar;
    }
}

// The same by the label that the point in the middle had, if there is one, or the candidate nearest to the middle.
void prune(const Candidates& from, const Box& box, const Candidates& centers, const std::uint16_t* label,
           Candidates& to) {
    if (from.n == 1) {
        to.xy[0] = from.xy[0];
        to.zw[0] = from.zw[0];
        to.norm[0] = from.norm[0];
        to.index[0] = from.index[0];
        to.n = 1;
    } else if (label) {
        prune_by(from, box, centers, *label, to);
    } else {
        prune_by(from, box, from, nearest_to_middle(from, box), to);
    }
}

// Nearest candidate of kGroups * kLanes points.
inline void nearest_of(const std::uint32_t* xy, const std::uint32_t* zw, const Candidates& candidates,
                       const std::uint32_t* names, std::uint32_t* labels) {
    Vec x[kGroups], z[kGroups], best[kGroups], label[kGroups];
    for (std::size_t g = 0; g < kGroups; ++g) {
        x[g] = doubled(load(xy + g * kLanes));
        z[g] = doubled(load(zw + g * kLanes));
        best[g] = broadcast(kFar);
        label[g] = broadcast(0);
    }
    for (std::size_t j = 0; j < candidates.n; ++j) {
        const Vec cxy = broadcast(static_cast<std::int32_t>(candidates.xy[j]));
        const Vec czw = broadcast(static_cast<std::int32_t>(candidates.zw[j]));
        const Vec norm = broadcast(candidates.norm[j]);
        const Vec name = broadcast(static_cast<std::int32_t>(names[j]));
        for (std::size_t g = 0; g < kGroups; ++g) {
            const Vec score = sub(norm, add(dot_pairs(x[g], cxy), dot_pairs(z[g], czw)));
            label[g] = select(less(score, best[g]), name, label[g]);
            best[g] = min(score, best[g]);
        }
    }
    for (std::size_t g = 0; g < kGroups; ++g) store(labels + g * kLanes, label[g]);
}

// Nearest candidate of n <= kBlock points; the last ones of all points are padded here, on the stack.
inline void nearest_in_block(const std::uint32_t* xy, const std::uint32_t* zw, std::size_t n,
                             const Candidates& candidates, const std::uint32_t* names, std::uint32_t* labels) {
    std::uint32_t padded_xy[kBlock], padded_zw[kBlock];
    if (n < kBlock) {
        for (std::size_t i = 0; i < kBlock; ++i) {
            padded_xy[i] = xy[i < n ? i : 0];
            padded_zw[i] = zw[i < n ? i : 0];
        }
        xy = padded_xy;
        zw = padded_zw;
    }
    for (std::size_t i = 0; i < kBlock; i += kGroups * kLanes)
        nearest_of(xy + i, zw + i, candidates, names, labels + i);
}

// Adds points to the sum of one center, and takes them from it with `sign` -1. Points that follow each other mostly
// share a center: what they carry stays in registers until the center changes.
class Mover {
  public:
    Mover(const Points& points, const std::int64_t* weights, CenterSum* sums)
        : points_(points), weights_(weights), sums_(sums) {}
    ~Mover() {
        if (sums_) flush();
    }

    template <int sign>
    void move(std::size_t i, std::uint32_t label) {
        if (label != label_) {
            flush();
            label_ = label;
        }
        const Coordinates x = unpack(points_.xy[i], points_.zw[i]);
        const std::int64_t weight = sign * weights_[i];
        sum_.weight += weight;
        for (std::size_t d = 0; d < kDims; ++d) sum_.sum[d] += weight * x[d];
    }

  private:
    void flush() {
        CenterSum& total = sums_[label_];
        total.weight += sum_.weight;
        for (std::size_t d = 0; d < kDims; ++d) total.sum[d] += sum_.sum[d];
        sum_ = CenterSum{};
    }

    const Points& points_;
    const std::int64_t* weights_;
    CenterSum* sums_;
    std::uint32_t label_ = 0;
    CenterSum sum_;
};

// Whether this list was met before and none of its centers has moved since; if not, remember it.
bool unchanged(const Candidates& list, const std::uint8_t* moved, bool first, RememberedList& remembered) {
    bool same = !first && remembered.n == list.n;
    for (std::size_t j = 0; same && j < list.n; ++j)
        same = remembered.index[j] == list.index[j] && !moved[list.index[j]];
    if (same) return true;
    remembered.n = list.n <= kRemembered ? static_cast<std::uint16_t>(list.n) : 0;
    for (std::size_t j = 0; j < remembered.n; ++j) remembered.index[j] = static_cast<std::uint16_t>(list.index[j]);
    return false;
}

// Store the labels of a block; with movers, move the points whose label is new.
inline void relabel(std::size_t start, std::size_t n, const std::uint32_t* nearest, std::uint16_t* labels, Mover* to,
                    Mover* from, bool first) {
    for (std::size_t i = 0; i < n; ++i) {
        const auto label = static_cast<std::uint16_t>(nearest[i]);
        if (to && (first || labels[start + i] != label)) {
            if (!first) from->move<-1>(start + i, labels[start + i]);
            to->move<1>(start + i, label);
        }
        labels[start + i] = label;
    }
}

}  // namespace

void bounding_boxes(const Points& points, std::size_t h, Box* boxes) {
    const std::size_t first = h * kHyperBlock, n = points.n - first < kHyperBlock ? points.n - first : kHyperBlock;
    Box* const supers = boxes + 1;
    Box* const blocks = supers + kHyperBlock / kSuperBlock;
    constexpr std::size_t kBlocksASuper = kSuperBlock / kBlock;
    const std::size_t n_blocks = (n + kBlock - 1) / kBlock, n_supers = (n + kSuperBlock - 1) / kSuperBlock;
    for (std::size_t b = 0; b < n_blocks; ++b)
        blocks[b] = box_of(points, first + b * kBlock, first + (n < (b + 1) * kBlock ? n : (b + 1) * kBlock));
    for (std::size_t s = 0; s < n_supers; ++s) {
        const std::size_t left = n_blocks - s * kBlocksASuper;
        supers[s] = enclose(blocks + s * kBlocksASuper, left < kBlocksASuper ? left : kBlocksASuper);
    }
    *boxes = enclose(supers, n_supers);
}

void assign(const Points& points, const Box* boxes, std::size_t h, const Candidates& centers, Candidates* scratch,
            std::uint16_t* labels, const std::int64_t* weights, CenterSum* sums, const std::uint8_t* moved,
            RememberedList* remembered, bool first) {
    const Box* super_box = boxes + 1;
    const Box* block_box = super_box + kHyperBlock / kSuperBlock;
    const auto upto = [&](std::size_t end) { return end < points.n ? end : points.n; };
    const std::size_t hyper = h * kHyperBlock, hyper_end = upto(hyper + kHyperBlock);
    Mover to(points, weights, sums), from(points, weights, sums);
    const auto label_in = [&](std::size_t start, std::size_t end) {
        return first ? nullptr : labels + start + (end - start) / 2;
    };
    prune(centers, *boxes, centers, label_in(hyper, hyper_end), scratch[0]);
    for (std::size_t super = hyper; super < hyper_end; super += kSuperBlock) {
        const std::size_t super_end = upto(super + kSuperBlock);
        prune(scratch[0], *super_box++, centers, label_in(super, super_end), scratch[1]);
        if (sums && unchanged(scratch[1], moved, first, remembered[super / kSuperBlock])) continue;
        for (std::size_t start = super; start < super_end; start += kBlock) {
            const std::size_t n = upto(start + kBlock) - start;
            const Box& box = block_box[(start - hyper) / kBlock];
            prune(scratch[1], box, centers, label_in(start, start + n), scratch[2]);
            std::uint32_t nearest[kBlock];
            if (scratch[2].n == 1) {
                for (std::uint32_t& label : nearest) label = scratch[2].index[0];
            } else {
                nearest_in_block(points.xy + start, points.zw + start, n, scratch[2], scratch[2].index, nearest);
            }
            relabel(start, n, nearest, labels, sums ? &to : nullptr, &from, first);
        }
    }
}

void assign_few(const Points& points, const Candidates& centers, std::uint16_t* labels) {
    for (std::size_t start = 0; start < points.n; start += kBlock) {
        const std::size_t n = start + kBlock < points.n ? kBlock : points.n - start;
        std::uint32_t nearest[kBlock];
        nearest_in_block(points.xy + start, points.zw + start, n, centers, centers.index, nearest);
        for (std::size_t i = 0; i < n; ++i) labels[start + i] = static_cast<std::uint16_t>(nearest[i]);
    }
}

}  // namespace pil_kmeans::PIL_KMEANS_ISA
