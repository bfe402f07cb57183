// The nearest palette entry of one point, exactly: the space is cut into cells, and each cell has a list of the entries
// that are nearest somewhere in it, made when it is first asked for.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/base/buffer.hpp"
#include "kernels/base/quad.hpp"

namespace pil_kmeans {

// Four int16 coordinates in one word, the first in the lowest bits.
using PackedPoint = std::uint64_t;

inline constexpr std::size_t kGroupSize = 4;
struct alignas(64) EntryGroup {                    // in a cache line
    std::uint32_t xy[kGroupSize], zw[kGroupSize];  // pairs of coordinates
    std::uint32_t index[kGroupSize];
    std::uint32_t n_more;  // in the first of a list: groups that follow
};

// Entries, coordinate by coordinate, with room for kEntryPad more.
inline constexpr std::size_t kEntryPad = 8;
struct EntryColumns {
    float* x[4];
    std::uint32_t* index;
    std::size_t n;
};

class EntryCells {
  public:
    // `members`: which of the entries can be chosen, ascending, at least one. Entries are within +-12288 on
    // the first and last axis and +-8192 on the others; `margin`, at most 3072, tells how far beyond their bounding box
    // points can be. Up to `n_workers` threads may ask at a time.
    EntryCells(const PackedPoint* entries, std::vector<std::uint32_t> members, int margin, std::size_t n_workers);

    // The point moved into the bounds, where `nearest` expects it.
    Quad clamp(Quad point) const { return min8(max8(point, load8(low_.data())), load8(high_.data())); }

    // Nearest entry, the lowest of several.
    std::uint32_t nearest(Quad point, std::size_t worker) { return nearest_of(list_of(point, worker), point); }

    // The same in two steps, which may overlap with those of other points.
    const EntryGroup* list_of(Quad point, std::size_t worker) {
        const Quad place = dot4(shift_right8(sub8(point, load8(low_.data())), shift_), load8(strides_.data()));
        const PackedPoint halves = to_pixel(place);
        const std::size_t cell = (halves & 0xffffffffu) + (halves >> 32) * plane_;
        const EntryGroup* group = std::atomic_ref(lists_[cell]).load(std::memory_order_acquire);
        return group ? group : fill(cell, worker);
    }
    static std::uint32_t nearest_of(const EntryGroup* group, Quad point) {
        if (group->n_more) return nearest_of_many(group, to_pixel(point));
        return group->index[least_lane(distances(group, all_first(point), all_second(point)))];
    }
    static std::uint32_t nearest_of_many(const EntryGroup* group, PackedPoint point);

    // The same for loops that find a point's cell themselves: how far it is from `low` along each axis, in cells of
    // 2 ^ shift, the first two and the last two in the halves of a word; their dot products with the strides; and of
    // the second as many planes.
    struct Layout {
        std::int32_t low[4], high[4];
        int shift;
        std::uint32_t xy_strides, zw_strides, plane;
    };
    struct Table {
        Layout layout;
        const EntryGroup** lists;  // of each cell, null until it is made
        EntryCells* cells;         // who makes it
    };
    Table table();
    // Make a cell's list, which was null.
    const EntryGroup* fill(std::size_t cell, std::size_t worker);

  private:
    struct Entries {
        std::vector<float> x[4];
        std::vector<std::uint32_t> index;

        explicit Entries(std::size_t n = 0) : index(n + kEntryPad) {
            for (auto& column : x) column.resize(n + kEntryPad);
        }
        EntryColumns columns() {
            return {{x[0].data(), x[1].data(), x[2].data(), x[3].data()}, index.data(), index.size() - kEntryPad};
        }
    };

    struct Worker {
        std::vector<std::unique_ptr<Entries>> parents;  // of 4 x 4 x ... cells, null where not made yet
        std::vector<std::unique_ptr<EntryGroup[]>> pages;
        std::size_t n_left = 0;
        EntryGroup* next = nullptr;
        Entries kept;
    };

    static Quad distances(const EntryGroup* to, Quad xy, Quad zw) {
        const Quad a = sub8(load8(to->xy), xy), b = sub8(load8(to->zw), zw);
        return add4(dot4(a, a), dot4(b, b));
    }
    Entries& parent_of(const std::array<int, 4>& place, Worker& worker);

    alignas(16) std::array<std::int16_t, 8> low_{}, high_{}, strides_{};
    std::array<int, 4> counts_{}, parent_counts_{};
    int shift_ = 0;
    std::size_t plane_ = 0, n_dims_ = 4;
    Entries entries_;
    Buffer<const EntryGroup*> lists_;
    std::vector<Worker> workers_;
};

}  // namespace pil_kmeans
