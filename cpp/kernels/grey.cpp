#include "kernels/grey.hpp"

#include <algorithm>
#include <cmath>

namespace pil_kmeans {
namespace {

// Sums over the values before each place, about the overall mean to keep digits.
class Prefix {
public:
    Prefix(const double* values, const double* weights, std::size_t n) : weight_(n + 1), first_(n + 1), second_(n + 1) {
        double total = 0, mean = 0;
        for (std::size_t i = 0; i < n; ++i) {
            total += weights[i];
            mean += weights[i] * values[i];
        }
        mean /= total;
        for (std::size_t i = 0; i < n; ++i) {
            const double x = values[i] - mean;
            weight_[i + 1] = weight_[i] + weights[i];
            first_[i + 1] = first_[i] + weights[i] * x;
            second_[i + 1] = second_[i] + weights[i] * x * x;
        }
    }

    std::size_t size() const { return weight_.size() - 1; }

    // Of the values in [from, to), about their mean.
    double inertia(std::size_t from, std::size_t to) const {
        if (to - from == 1) return 0;
        const double w = weight_[to] - weight_[from], s = first_[to] - first_[from];
        return std::max(0.0, second_[to] - second_[from] - s * s / w);
    }

private:
    std::vector<double> weight_, first_, second_;
};

using Path = std::vector<std::size_t>;  // 0, the starts of the other intervals, n

// The best partition when every interval costs `price` on top of its inertia.
Path priced_partition(const Prefix& prefix, double price) {
    const std::size_t n = prefix.size();
    std::vector<double> cost(n + 1, 0.0);
    std::vector<std::size_t> from(n + 1, 0);
    struct Leader {
        std::size_t start;  // best start of the last interval
        std::size_t since;  // for ends from here up to the next leader's
    };
    std::vector<Leader> leaders{{0, 1}};
    std::size_t front = 0;
    const auto through = [&](std::size_t start, std::size_t end) { return cost[start] + prefix.inertia(start, end); };
    for (std::size_t end = 1; end <= n; ++end) {
        while (front + 1 < leaders.size() && leaders[front + 1].since <= end) ++front;
        from[end] = leaders[front].start;
        cost[end] = through(from[end], end) + price;
        // `end` as a start: it wins for all ends from some place on, or for none.
        while (leaders.size() > front + 1 && through(end, leaders.back().since) < through(leaders.back().start, leaders.back().since) &&
               leaders.back().since > end)
            leaders.pop_back();
        std::size_t low = std::max(end + 1, leaders.back().since), high = n + 1;
        while (low < high) {
            const std::size_t middle = low + (high - low) / 2;
            if (through(end, middle) < through(leaders.back().start, middle))
                high = middle;
            else
                low = middle + 1;
        }
        if (low <= n) leaders.push_back({end, low});
    }
    Path path{n};
    while (path.back() > 0) path.push_back(from[path.back()]);
    std::reverse(path.begin(), path.end());
    return path;
}

// A path of k intervals from one of fewer and one of more, at least as good as both on average.
Path join(const Path& fewer, const Path& more, std::size_t k) {
    const std::size_t extra = k - (fewer.size() - 1);
    std::size_t t = 0;
    while (more[t + 1 + extra] > fewer[t + 1]) ++t;  // ends: the last of the fewer is n
    Path path(more.begin(), more.begin() + static_cast<std::ptrdiff_t>(t + extra + 1));
    path.insert(path.end(), fewer.begin() + static_cast<std::ptrdiff_t>(t + 1), fewer.end());
    return path;
}

}  // namespace

std::vector<std::size_t> optimal_intervals(const double* values, const double* weights, std::size_t n, std::size_t k) {
    const Prefix prefix(values, weights, n);
    constexpr int kMostPrices = 128;
    Path fewer{0, n}, more(n + 1);
    for (std::size_t i = 0; i <= n; ++i) more[i] = i;
    // The price at which one interval suffices, and one at which all values stand alone.
    double high = prefix.inertia(0, n) + 1e-300, low = high * 1e-30;
    for (int step = 0; step < kMostPrices && fewer.size() - 1 != k && more.size() - 1 != k; ++step) {
        const double price = high > 4 * low ? std::sqrt(high) * std::sqrt(low) : low + (high - low) / 2;
        if (!(low < price && price < high)) break;
        Path path = priced_partition(prefix, price);
        if (path.size() - 1 <= k) {
            fewer = std::move(path);
            high = price;
        } else {
            more = std::move(path);
            low = price;
        }
    }
    Path path = more.size() - 1 == k ? more : join(fewer, more, k);
    path.pop_back();
    return path;
}

}  // namespace pil_kmeans
