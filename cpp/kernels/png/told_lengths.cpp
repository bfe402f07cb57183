#include "kernels/png/told_lengths.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace pil_kmeans {
namespace {

constexpr std::size_t kLengths = 16;  // 0 to 15
constexpr float kNever = std::numeric_limits<float>::infinity();

struct Step {
    std::uint8_t n = 0;       // symbols
    std::uint8_t length = 0;  // of the symbol before them
};

}  // namespace

void tell_lengths(Told& first, Told& second, const std::array<float, kTellingSymbols>& prices) {
    const std::size_t n_first = first.counts.size(), n = n_first + second.counts.size();
    // What all symbols before each place cost with each length; with 0 also how many could not have it.
    std::vector<std::array<float, kLengths>> before(n + 1);
    std::vector<std::size_t> occurring(n + 1);
    before[0].fill(0);
    for (std::size_t i = 0; i < n; ++i) {
        const Told& code = i < n_first ? first : second;
        const std::uint64_t count = code.counts[i < n_first ? i : i - n_first];
        before[i + 1] = before[i];
        for (std::size_t length = 1; length < kLengths; ++length)
            before[i + 1][length] += static_cast<float>(static_cast<double>(count * length) +
                                                        code.pressure * std::ldexp(1.0, -static_cast<int>(length)));
        occurring[i + 1] = occurring[i] + (count > 0);
    }
    const auto of_data = [&](std::size_t from, std::size_t to, std::size_t length) {
        if (length == 0) return occurring[to] == occurring[from] ? 0.0f : kNever;
        return before[to][length] - before[from][length];
    };

    std::vector<std::array<float, kLengths>> cost(n + 1);
    std::vector<std::array<Step, kLengths>> last(n + 1);
    for (auto& each : cost) each.fill(kNever);
    cost[0][0] = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto reach = [&](std::size_t to, std::size_t length, float price, std::size_t from_length) {
            price += cost[i][from_length] + of_data(i, to, length);
            if (price < cost[to][length])
                cost[to][length] = price,
                last[to][length] = {static_cast<std::uint8_t>(to - i), static_cast<std::uint8_t>(from_length)};
        };
        const auto cheapest =
            static_cast<std::size_t>(std::min_element(cost[i].begin(), cost[i].end()) - cost[i].begin());
        for (std::size_t length = 0; length < kLengths; ++length) {
            reach(i + 1, length, prices[length], cheapest);
            if (i == 0 || cost[i][length] == kNever) continue;
            for (std::size_t run = 3; run <= kLongestRepeat && i + run <= n; ++run)
                reach(i + run, length, prices[kRepeat] + kRunExtra[0], length);
        }
        std::size_t zeros = 0;  // that may follow; of many as many as there are
        while (zeros < kLongestZeros && i + zeros < n && occurring[i + zeros + 1] == occurring[i]) ++zeros;
        for (std::size_t run = 3; run <= std::min(zeros, kMostFewZeros); ++run)
            reach(i + run, 0, prices[kZeros] + kRunExtra[1], cheapest);
        if (zeros > kMostFewZeros) reach(i + zeros, 0, prices[kManyZeros] + kRunExtra[2], cheapest);
    }
    auto length = static_cast<std::size_t>(std::min_element(cost[n].begin(), cost[n].end()) - cost[n].begin());
    first.taken = second.taken = 0;
    for (std::size_t i = n; i > 0;) {
        const Step step = last[i][length];
        for (const std::size_t start = i - step.n; i > start; --i) {
            Told& code = i > n_first ? second : first;
            code.lengths[i > n_first ? i - 1 - n_first : i - 1] = static_cast<std::uint8_t>(length);
            if (length) code.taken += std::ldexp(1.0, -static_cast<int>(length));
        }
        length = step.length;
    }
}

}  // namespace pil_kmeans
