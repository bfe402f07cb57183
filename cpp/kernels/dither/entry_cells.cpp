#include "kernels/dither/entry_cells.hpp"

#include <algorithm>

#include "kernels/isa/isa.hpp"

namespace pil_kmeans {
namespace {

constexpr int kFinestShift = 8;  // cells of 256 units
constexpr std::size_t kMostCells = std::size_t{1} << 20;
constexpr int kParentBits = 2;      // a parent has 4 cells along each axis
constexpr std::size_t kFew = 128;   // entries for which wider cells will do
constexpr std::size_t kPage = 256;  // groups

std::array<std::int16_t, 4> coordinates(PackedPoint point) {
    std::array<std::int16_t, 4> x;
    for (int d = 0; d < 4; ++d) x[d] = static_cast<std::int16_t>(point >> (16 * d) & 0xffff);
    return x;
}

}  // namespace

EntryCells::EntryCells(const PackedPoint* entries, std::vector<std::uint32_t> members, int margin,
                       std::size_t n_workers)
    : entries_(members.size()), workers_(n_workers) {
    std::array<int, 4> low, high;
    low.fill(1 << 15);
    high.fill(-(1 << 15));
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto x = coordinates(entries[members[i]]);
        for (int d = 0; d < 4; ++d) {
            low[d] = std::min<int>(low[d], x[d]);
            high[d] = std::max<int>(high[d], x[d]);
            entries_.x[d][i] = x[d];
        }
        entries_.index[i] = members[i];
    }
    // Beyond this a squared distance might not fit in an int32: 2 (13312 + 12288)^2 + 2 (11264 + 8192)^2 does, and so
    // does (15360 + 12288)^2 + 2 (11264 + 8192)^2.
    const int farthest = low[3] < high[3] ? 13312 : 15360;
    for (int d = 0; d < 4; ++d) {
        const int room = low[d] < high[d] ? margin : 0;  // an axis on which all agree has no say
        low_[d] = static_cast<std::int16_t>(std::max(low[d] - room, -farthest));
        high_[d] = static_cast<std::int16_t>(std::min(high[d] + room, farthest));
    }
    n_dims_ = low[3] < high[3] ? 4 : 3;
    shift_ = members.size() > kFew ? kFinestShift : kFinestShift + 1;
    std::size_t n_cells;
    for (;; ++shift_) {
        n_cells = 1;
        for (int d = 0; d < 4; ++d) {
            counts_[d] = ((high_[d] - low_[d]) >> shift_) + 1;
            n_cells *= static_cast<std::size_t>(counts_[d]);
        }
        if (n_cells <= kMostCells) break;
    }
    strides_ = {1, static_cast<std::int16_t>(counts_[0]), 1, static_cast<std::int16_t>(counts_[2])};
    plane_ = static_cast<std::size_t>(counts_[0] * counts_[1]);
    std::size_t n_parents = 1;
    for (int d = 0; d < 4; ++d) {
        parent_counts_[d] = ((counts_[d] - 1) >> kParentBits) + 1;
        n_parents *= static_cast<std::size_t>(parent_counts_[d]);
    }
    for (Worker& worker : workers_) {
        worker.parents.resize(n_parents);
        worker.kept = entries_;
    }
    lists_ = zeroed<const EntryGroup*>(n_cells, Fill::sparse);
}

EntryCells::Table EntryCells::table() {
    const auto pair = [](std::int16_t a, std::int16_t b) {
        return static_cast<std::uint32_t>(b) << 16 | static_cast<std::uint32_t>(a);
    };
    Layout layout{};
    std::copy_n(low_.begin(), 4, layout.low);
    std::copy_n(high_.begin(), 4, layout.high);
    layout.shift = shift_;
    layout.xy_strides = pair(strides_[0], strides_[1]);
    layout.zw_strides = pair(strides_[2], strides_[3]);
    layout.plane = static_cast<std::uint32_t>(plane_);  // below 2 ^ 15, as is each place in it
    return {layout, lists_.begin(), this};
}

std::uint32_t EntryCells::nearest_of_many(const EntryGroup* group, PackedPoint packed) {
    const Quad point = from_pixel(packed), xy = all_first(point), zw = all_second(point);
    Quad best = distances(group, xy, zw), which = fill4(0);  // in every lane
    for (std::uint32_t i = 1; i <= group->n_more; ++i) {
        const Quad others = distances(group + i, xy, zw), closer = less4(others, best);
        best = select4(closer, others, best);
        which = select4(closer, fill4(static_cast<std::int32_t>(i)), which);
    }
    alignas(16) std::int32_t from[4];
    store4(from, which);
    const std::size_t lane = least_lane(best);
    return group[from[lane]].index[lane];
}

EntryCells::Entries& EntryCells::parent_of(const std::array<int, 4>& place, Worker& worker) {
    std::size_t parent = 0;
    float middle2[4];
    const int shift = shift_ + kParentBits;
    for (int d = 3; d >= 0; --d) {
        const int at = place[d] >> kParentBits;
        parent = parent * static_cast<std::size_t>(parent_counts_[d]) + static_cast<std::size_t>(at);
        middle2[d] = static_cast<float>(2 * (low_[d] + (at << shift)) + (1 << shift));
    }
    std::unique_ptr<Entries>& list = worker.parents[parent];
    if (!list) {
        Entries& kept = worker.kept;
        const std::size_t n = kernels().prune_entries(entries_.columns(), n_dims_, middle2,
                                                      static_cast<float>(1 << shift), kept.columns());
        list = std::make_unique<Entries>(n);
        for (int d = 0; d < 4; ++d) std::copy_n(kept.x[d].begin(), n, list->x[d].begin());
        std::copy_n(kept.index.begin(), n, list->index.begin());
    }
    return *list;
}

const EntryGroup* EntryCells::fill(std::size_t cell, std::size_t which) {
    Worker& worker = workers_[which];
    std::array<int, 4> place;
    float middle2[4];
    std::size_t rest = cell;
    for (int d = 0; d < 4; ++d) {
        place[d] = static_cast<int>(rest % static_cast<std::size_t>(counts_[d]));
        rest /= static_cast<std::size_t>(counts_[d]);
        middle2[d] = static_cast<float>(2 * (low_[d] + (place[d] << shift_)) + (1 << shift_));
    }
    Entries& parent = parent_of(place, worker);
    Entries& kept = worker.kept;
    const std::size_t n =
        kernels().prune_entries(parent.columns(), n_dims_, middle2, static_cast<float>(1 << shift_), kept.columns());
    const std::size_t n_groups = (n + 3) / 4;
    if (worker.n_left < n_groups) {
        worker.n_left = std::max(kPage, n_groups);
        worker.pages.push_back(std::make_unique_for_overwrite<EntryGroup[]>(worker.n_left));
        worker.next = worker.pages.back().get();
    }
    EntryGroup* const groups = worker.next;
    worker.next += n_groups;
    worker.n_left -= n_groups;
    // Lane by lane, so that among equals the lowest lane, and in it the earliest group, has the lowest index. What is
    // left at the end repeats the last entry.
    for (std::size_t lane = 0, i = 0; lane < 4; ++lane)
        for (std::size_t group = 0; group < n_groups; ++group, ++i) {
            const std::size_t from = std::min(i, n - 1);
            std::uint32_t x[4];
            for (int d = 0; d < 4; ++d) x[d] = static_cast<std::uint16_t>(static_cast<std::int16_t>(kept.x[d][from]));
            groups[group].xy[lane] = x[1] << 16 | x[0];
            groups[group].zw[lane] = x[3] << 16 | x[2];
            groups[group].index[lane] = kept.index[from];
        }
    groups->n_more = static_cast<std::uint32_t>(n_groups - 1);
    // Another thread may have made the same list meanwhile: either will do.
    std::atomic_ref(lists_[cell]).store(groups, std::memory_order_release);
    return groups;
}

}  // namespace pil_kmeans
