#include "kernels/base/labels.hpp"

#include <algorithm>
#include <vector>

namespace pil_kmeans {

template <typename Label>
bool all_below(const Label* labels, std::size_t n, std::size_t k) {
    Label largest = 0;  // loops that end early, and std::all_of, are not made of vectors
    for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, labels[i]);
    return n == 0 || largest < k;
}

template <typename Label>
void mark_used(const Label* labels, std::size_t n, std::size_t k, bool* used) {
    constexpr std::size_t kTogether = std::size_t{1} << 13;
    std::fill_n(used, k, false);
    for (std::size_t i = 0; i < n;) {
        if (std::find(used, used + k, false) == used + k) return;  // mostly all are met soon
        for (const std::size_t end = i + std::min(kTogether, n - i); i < end; ++i) used[labels[i]] = true;
    }
}

void label_totals(const std::uint16_t* labels, const std::int64_t* weights, std::size_t n, std::size_t k,
                  std::int64_t* totals) {
    constexpr std::size_t kTallies = 4;  // by turns: neighbours mostly have one label, and to add to it twice waits
    std::vector<std::uint64_t> tallies(kTallies * k);
    for (std::size_t i = 0; i < n; ++i)
        tallies[kTallies * labels[i] + i % kTallies] += static_cast<std::uint64_t>(weights[i]);
    for (std::size_t label = 0; label < k; ++label) {
        const std::uint64_t* const own = &tallies[kTallies * label];
        totals[label] = static_cast<std::int64_t>(own[0] + own[1] + own[2] + own[3]);
    }
}

template bool all_below(const std::uint8_t*, std::size_t, std::size_t);
template bool all_below(const std::uint16_t*, std::size_t, std::size_t);
template void mark_used(const std::uint8_t*, std::size_t, std::size_t, bool*);
template void mark_used(const std::uint16_t*, std::size_t, std::size_t, bool*);

}  // namespace pil_kmeans
