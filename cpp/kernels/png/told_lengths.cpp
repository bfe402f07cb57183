#include "kernels/png/told_lengths.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace pil_kmeans {
namespace {

constexpr std::size_t kLengths = 16;  // 0 to 15
constexpr float kNever = std::numeric_limits<float>::infinity();
constexpr auto kShares = [] {  // of the code that symbols of each length take
    std::array<double, kLengths> shares{1};
    for (std::size_t length = 1; length < kLengths; ++length) shares[length] = shares[length - 1] / 2;
    return shares;
}();

// How many symbols, and the length of the symbol before them.
constexpr std::uint32_t step(std::size_t n, std::size_t length) { return static_cast<std::uint32_t>(n << 8 | length); }

}  // namespace

void tell_lengths(Told& first, Told& second, const std::array<float, kTellingSymbols>& prices) {
    const std::size_t n_first = first.counts.size(), n = n_first + second.counts.size();
    // What all symbols before each place cost with each length, and how many could not be without one.
    std::vector<std::array<float, kLengths>> before(n + 1);
    std::vector<std::size_t> occurring(n + 1);
    before[0].fill(0);
    for (std::size_t i = 0; i < n; ++i) {
        const Told& code = i < n_first ? first : second;
        const std::uint64_t count = code.counts[i < n_first ? i : i - n_first];
        before[i + 1] = before[i];
        for (std::size_t length = 1; length < kLengths; ++length)
            before[i + 1][length] +=
                static_cast<float>(static_cast<double>(count * length) + code.pressure * kShares[length]);
        occurring[i + 1] = occurring[i] + (count > 0);
    }
    std::vector<std::array<float, kLengths>> cost(n + 1);
    std::vector<std::array<std::uint32_t, kLengths>> last(n + 1);
    for (auto& each : cost) each.fill(kNever);
    cost[0][0] = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto cheapest =
            static_cast<std::size_t>(std::min_element(cost[i].begin(), cost[i].end()) - cost[i].begin());
        // Some symbols of one length each; those without one are looked at below.
        const auto reach = [&](std::size_t to, std::size_t length, float price, std::size_t from) {
            price += cost[i][from] + (before[to][length] - before[i][length]);
            const bool is_cheaper = price < cost[to][length];
            cost[to][length] = is_cheaper ? price : cost[to][length];
            last[to][length] = is_cheaper ? step(to - i, from) : last[to][length];
        };
        for (std::size_t length = 1; length < kLengths; ++length) reach(i + 1, length, prices[length], cheapest);
        const std::size_t most = i > 0 ? std::min(kLongestRepeat, n - i) : 0;
        for (std::size_t run = 3; run <= most; ++run)
            for (std::size_t length = 1; length < kLengths; ++length)
                reach(i + run, length, prices[kRepeat] + kRunExtra[0], length);
        std::size_t zeros = 0;  // that may follow; of many as many as there are
        while (zeros < kLongestZeros && i + zeros < n && occurring[i + zeros + 1] == occurring[i]) ++zeros;
        if (zeros > 0) reach(i + 1, 0, prices[0], cheapest);
        for (std::size_t run = 3; run <= std::min(zeros, most); ++run)
            reach(i + run, 0, prices[kRepeat] + kRunExtra[0], 0);
        for (std::size_t run = 3; run <= std::min(zeros, kMostFewZeros); ++run)
            reach(i + run, 0, prices[kZeros] + kRunExtra[1], cheapest);
        if (zeros > kMostFewZeros) reach(i + zeros, 0, prices[kManyZeros] + kRunExtra[2], cheapest);
    }
    auto length = static_cast<std::size_t>(std::min_element(cost[n].begin(), cost[n].end()) - cost[n].begin());
    first.taken = second.taken = 0;
    for (std::size_t i = n; i > 0;) {
        const std::uint32_t step = last[i][length];
        for (const std::size_t start = i - (step >> 8); i > start; --i) {
            Told& code = i > n_first ? second : first;
            code.lengths[i > n_first ? i - 1 - n_first : i - 1] = static_cast<std::uint8_t>(length);
            if (length) code.taken += kShares[length];
        }
        length = step & 0xff;
    }
}

}  // namespace pil_kmeans
