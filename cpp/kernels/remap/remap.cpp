#include "kernels/remap/remap.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/base/buffer.hpp"
#include "kernels/base/labels.hpp"
#include "kernels/histogram/key_index.hpp"
#include "kernels/histogram/morton.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans {
namespace {

constexpr std::size_t kPixelsATask = std::size_t{1} << 16;

// Labels by key, in blocks of keys that agree but for the last bits: only blocks in which a key lies have room, since
// handing out room for all may take the system longer than the look-up lasts. Where there are few labels, one block of
// each stands for all blocks that have no other, which most do not: so the table stays in a near cache. A key that is
// in no block has the label of another.
template <typename Label>
class BlockTable {
  public:
    BlockTable(const std::uint64_t* keys, const Label* labels, std::size_t n_keys, std::size_t n_possible, Team& team)
        : first_(zeroed<std::uint32_t>((n_possible + kBlock - 1) >> kBlockBits, Fill::sparse)) {
        // A block belongs to the task in whose keys it starts.
        constexpr std::size_t kKeysATask = std::size_t{1} << 14;
        const std::size_t n_tasks = (n_keys + kKeysATask - 1) / kKeysATask;
        const auto continues = [keys](std::size_t i) { return i > 0 && block_of(keys[i]) == block_of(keys[i - 1]); };
        std::vector<std::size_t> first_block(n_tasks + 1, 0);
        first_block[0] = kShared;
        team.run(n_tasks, [&](std::size_t task, std::size_t) {
            const std::size_t first = task * kKeysATask, last = std::min(n_keys, first + kKeysATask);
            std::size_t n_blocks = !continues(first), n_borders = 1;  // the last block may have one in the next task
            for (std::size_t i = first + 1; i < last; ++i) {
                n_blocks += !continues(i);
                n_borders += continues(i) & (labels[i] != labels[i - 1]);
            }
            first_block[task + 1] = kShared ? std::min(n_blocks, n_borders) : n_blocks;
        });
        std::partial_sum(first_block.begin(), first_block.end(), first_block.begin());
        labels_ = Buffer<Label>(first_block[n_tasks] << kBlockBits);
        for (std::size_t label = 0; label < kShared; ++label)
            std::fill_n(&labels_[label << kBlockBits], kBlock, static_cast<Label>(label));
        team.run(n_tasks, [&](std::size_t task, std::size_t) {
            const std::size_t last = std::min(n_keys, (task + 1) * kKeysATask);
            std::size_t i = task * kKeysATask, at = first_block[task] << kBlockBits;
            while (i < last && continues(i)) ++i;
            for (std::size_t end; i < last; i = end) {
                bool is_shared = kShared > 0;
                for (end = i + 1; end < n_keys && continues(end); ++end) is_shared &= labels[end] == labels[i];
                std::uint32_t& first = first_[block_of(keys[i])];
                if (is_shared) {
                    first = static_cast<std::uint32_t>(labels[i]) << kBlockBits;
                    continue;
                }
                for (std::size_t j = i; j < end; ++j) labels_[at + (keys[j] & (kBlock - 1))] = labels[j];
                first = static_cast<std::uint32_t>(at);
                at += kBlock;
            }
        });
    }

    auto lookup() const {
        return [first = first_.begin(), labels = labels_.begin()](std::uint64_t key) {
            return labels[first[key >> kBlockBits] + (key & (kBlock - 1))];
        };
    }

  private:
    static constexpr int kBlockBits = 6;
    static constexpr std::size_t kBlock = std::size_t{1} << kBlockBits;
    static constexpr std::size_t kShared = sizeof(Label) == 1 ? 256 : 0;

    static std::uint64_t block_of(std::uint64_t key) { return key >> kBlockBits; }

    Buffer<std::uint32_t> first_;  // by block: where its labels start
    Buffer<Label> labels_;
};

// RGB pixels: `make_keys` makes those of many at a time.
template <typename Label, typename MakeKeys, typename Lookup>
void look_up_rgb(const std::uint8_t* samples, std::size_t n, Team& team, Label* indices, const MakeKeys& make_keys,
                 const Lookup& label_of) {
    team.run((n + kPixelsATask - 1) / kPixelsATask, [&](std::size_t task, std::size_t) {
        constexpr std::size_t kChunk = 1024;
        std::uint32_t keys[kChunk];
        const std::size_t end = std::min(n, (task + 1) * kPixelsATask);
        for (std::size_t start = task * kPixelsATask; start < end; start += kChunk) {
            const std::size_t count = std::min(kChunk, end - start);
            make_keys(samples + 3 * start, count, keys);
            // A copy of the look-up: stores of bytes may not be taken to change where it looks.
            const Lookup lookup = label_of;
            Label* const out = indices + start;
            for_eights(count, [&](std::size_t i) { out[i] = lookup(keys[i]); });
        }
    });
}

// RGB pixels by their cells of 5 or 6 bits a channel: so few that a table holds the label of each.
template <typename Label>
void look_up_cells(const std::uint8_t* samples, std::size_t n, const std::uint64_t* keys, const Label* labels,
                   std::size_t n_keys, int bits, Team& team, Label* indices) {
    static constexpr Morton morton(3, 8);
    const int dropped = 8 - bits;
    Buffer<Label> label_of = zeroed<Label>(std::size_t{1} << (3 * bits), Fill::sparse);
    for (std::size_t i = 0; i < n_keys; ++i) {
        const std::uint64_t corner = morton.samples(keys[i] << (3 * dropped));
        std::size_t cell = 0;
        for (int c = 0; c < 3; ++c) cell |= (corner >> (16 * c + dropped) & 0xff) << (bits * c);
        label_of[cell] = labels[i];
    }
    look_up_rgb(
        samples, n, team, indices,
        [=](const std::uint8_t* from, std::size_t count, std::uint32_t* cells) {
            kernels().rgb_cells(from, count, bits, cells);
        },
        [table = label_of.begin()](std::uint32_t cell) { return table[cell]; });
}

template <std::size_t C, typename Sample, typename Label, typename Lookup>
void look_up(const Sample* samples, std::size_t n, int shift, Team& team, Label* indices, const Lookup& label_of) {
    if constexpr (C == 3 && sizeof(Sample) == 1) {
        look_up_rgb(samples, n, team, indices, kernels().rgb_keys,
                    [label_of, shift](std::uint32_t key) { return label_of(key >> shift); });
    } else {
        static constexpr Morton morton(C, 8 * sizeof(Sample));
        team.run((n + kPixelsATask - 1) / kPixelsATask, [&](std::size_t task, std::size_t) {
            const std::size_t end = std::min(n, (task + 1) * kPixelsATask);
            for (std::size_t i = task * kPixelsATask; i < end; ++i)
                indices[i] = label_of(morton.key<C>(samples + i * C) >> shift);
        });
    }
}

}  // namespace

template <typename Sample, typename Label>
void remap(const Sample* samples, std::size_t n, std::size_t n_channels, const std::uint64_t* keys, const Label* labels,
           std::size_t n_keys, int shift, Team& team, Label* indices) {
    constexpr const char* kUnknown = "a pixel's colour is not in the histogram";
    if (n > 0 && n_keys == 0) throw std::invalid_argument(kUnknown);
    with_channels(n_channels, [&](auto c) {
        constexpr std::size_t key_bits = 8 * sizeof(Sample) * c();
        if constexpr (key_bits <= 24) {
            const std::size_t table_size = (std::size_t{1} << key_bits) >> shift;
            if (std::any_of(keys, keys + n_keys, [=](std::uint64_t key) { return key >= table_size; }))
                throw std::invalid_argument("a key has too many bits");
            if constexpr (key_bits == 24)
                if (shift == 6 || shift == 9)
                    return look_up_cells(samples, n, keys, labels, n_keys, 8 - shift / 3, team, indices);
            const BlockTable<Label> table(keys, labels, n_keys, table_size, team);
            look_up<c()>(samples, n, shift, team, indices, table.lookup());
        } else {
            const KeyIndex index(keys, n_keys);
            look_up<c()>(samples, n, shift, team, indices, [&](std::uint64_t key) {
                const std::size_t at = index.find(key);
                if (at == n_keys) throw std::invalid_argument(kUnknown);
                return labels[at];
            });
        }
    });
}

#define PIL_KMEANS_REMAP(Sample, Label)                                                                                \
    template void remap(const Sample*, std::size_t, std::size_t, const std::uint64_t*, const Label*, std::size_t, int, \
                        Team&, Label*);
PIL_KMEANS_REMAP(std::uint8_t, std::uint8_t)
PIL_KMEANS_REMAP(std::uint8_t, std::uint16_t)
PIL_KMEANS_REMAP(std::uint8_t, std::uint32_t)
PIL_KMEANS_REMAP(std::uint16_t, std::uint8_t)
PIL_KMEANS_REMAP(std::uint16_t, std::uint16_t)
PIL_KMEANS_REMAP(std::uint16_t, std::uint32_t)

}  // namespace pil_kmeans
