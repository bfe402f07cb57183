#include "kernels/kmeans/grey.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pil_kmeans {
namespace {

// Sums over the values before each place, about the overall mean to keep digits.
class Prefix {
  public:
    Prefix(const std::vector<double>& values, const std::vector<double>& weights)
        : values_(values), weight_(values.size() + 1), first_(weight_), second_(weight_) {
        const std::size_t n = values.size();
        // By powers of two, which change no digit, so that neither very large nor very small ones run out of range.
        const auto scale = [](double largest) {
            return largest > 0 ? std::exp2(std::min(1000, -std::ilogb(largest))) : 1.0;
        };
        const auto unit = [&](const std::vector<double>& of) {
            return scale(std::max(std::abs(of.front()), std::abs(of.back())));
        };
        const double share = scale(*std::max_element(weights.begin(), weights.end()));
        double total = 0, mean = 0;
        const double raw_unit = unit(values_);
        for (std::size_t i = 0; i < n; ++i) {
            total += weights[i] * share;
            mean += weights[i] * share * (values_[i] *= raw_unit);
        }
        if (total > 0) mean /= total;
        for (double& value : values_) value -= mean;
        const double about_unit = unit(values_);
        for (std::size_t i = 0; i < n; ++i) {
            const double x = values_[i] *= about_unit, w = weights[i] * share;
            weight_[i + 1] = weight_[i] + w;
            first_[i + 1] = first_[i] + w * x;
            second_[i + 1] = second_[i] + w * x * x;
        }
    }

    // Of the values in [from, to), about their mean.
    double inertia(std::size_t from, std::size_t to) const {
        if (to - from == 1) return 0;
        const double w = weight_[to] - weight_[from], s = first_[to] - first_[from];
        return w > 0 ? std::max(0.0, second_[to] - second_[from] - s * s / w) : 0;
    }

    // Of the values in [from, to), about that at `center`.
    double inertia_about(std::size_t center, std::size_t from, std::size_t to) const {
        const double w = weight_[to] - weight_[from], s = first_[to] - first_[from], c = values_[center];
        return std::max(0.0, second_[to] - second_[from] - c * (2 * s - c * w));
    }

  private:
    std::vector<double> values_, weight_, first_, second_;
};

// The values between two fixed ones, these included: the first or last link of a path through it ends in one of them,
// where there is one, and is measured about it.
struct Section {
    std::size_t begin, end;
    bool fixed_first, fixed_last;

    double cost(const Prefix& prefix, std::size_t from, std::size_t to) const {
        const bool at_first = fixed_first && from == begin, at_last = fixed_last && to == end;
        if (at_first && at_last) return std::numeric_limits<double>::infinity();
        if (at_first) return prefix.inertia_about(begin, from, to);
        if (at_last) return prefix.inertia_about(end - 1, from, to);
        return prefix.inertia(from, to);
    }

    // Where the path of fewest links is cut: nowhere, or halfway between the two that are fixed.
    std::size_t cut(const std::vector<double>& values) const {
        if (!fixed_first || !fixed_last) return end;
        std::size_t at = begin + 1;
        while (values[at] - values[begin] < values[end - 1] - values[at]) ++at;
        return at;
    }
};

using Path = std::vector<std::size_t>;  // 0, the starts of the other intervals, n

// Add to the path the best partition of a section when every interval costs `price` on top of its inertia.
void add_priced_partition(const Prefix& prefix, const Section& section, double price, Path& path) {
    const std::size_t first = section.begin, n = section.end - first;
    std::vector<double> cost(n + 1, 0.0);
    std::vector<std::size_t> from(n + 1, 0);
    struct Leader {
        std::size_t start;  // best start of the last interval
        std::size_t since;  // for ends from here up to the next leader's
    };
    std::vector<Leader> leaders{{0, 1}};
    std::size_t front = 0;
    const auto through = [&](std::size_t start, std::size_t end) {
        return cost[start] + section.cost(prefix, first + start, first + end);
    };
    for (std::size_t end = 1; end <= n; ++end) {
        while (front + 1 < leaders.size() && leaders[front + 1].since <= end) ++front;
        from[end] = leaders[front].start;
        cost[end] = through(from[end], end) + price;
        // `end` as a start: it wins for all ends from some place on, or for none.
        while (leaders.size() > front + 1 &&
               through(end, leaders.back().since) < through(leaders.back().start, leaders.back().since) &&
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
    const auto old_size = static_cast<std::ptrdiff_t>(path.size());
    for (std::size_t end = n; end > 0; end = from[end]) path.push_back(first + end);
    std::reverse(path.begin() + old_size, path.end());
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

std::vector<std::size_t> optimal_intervals(const double* values, const double* weights, const bool* fixed,
                                           std::size_t n, std::size_t k) {
    // A fixed value ends one section, with its weight, and begins the next, without.
    std::vector<double> places, place_weights;
    std::vector<Section> sections{{0, 0, false, false}};
    for (std::size_t i = 0; i < n; ++i) {
        places.push_back(values[i]);
        place_weights.push_back(weights[i]);
        if (!fixed[i]) continue;
        sections.back().end = places.size();
        sections.back().fixed_last = true;
        sections.push_back({places.size(), 0, true, false});
        places.push_back(values[i]);
        place_weights.push_back(0);
    }
    sections.back().end = places.size();
    const std::size_t n_links = k + sections.size() - 1;  // the interval of a fixed value has two

    const Prefix prefix(places, place_weights);
    constexpr int kMostPrices = 128;
    Path fewer{0}, more(places.size() + 1);
    std::iota(more.begin(), more.end(), std::size_t{0});
    // The price at which the fewest intervals suffice, and one at which all values stand alone.
    double high = 1e-300;
    for (const Section& section : sections) {
        const std::size_t cut = section.cut(places);
        high += section.cost(prefix, section.begin, cut);
        fewer.push_back(cut);
        if (cut == section.end) continue;
        high += section.cost(prefix, cut, section.end);
        fewer.push_back(section.end);
    }
    double low = high * 1e-30;
    for (int step = 0; step < kMostPrices && fewer.size() - 1 != n_links && more.size() - 1 != n_links; ++step) {
        const double price = high > 4 * low ? std::sqrt(high) * std::sqrt(low) : low + (high - low) / 2;
        if (!(low < price && price < high)) break;
        Path path{0};
        for (const Section& section : sections) add_priced_partition(prefix, section, price, path);
        if (path.size() - 1 <= n_links) {
            fewer = std::move(path);
            high = price;
        } else {
            more = std::move(path);
            low = price;
        }
    }
    const Path path = more.size() - 1 == n_links ? more : join(fewer, more, n_links);

    // Back to places among the values: where a section begins with a fixed one, that has its start in the one before.
    std::vector<std::size_t> starts;
    std::size_t at = 0;
    for (std::size_t s = 0; s < sections.size(); ++s)
        for (; path[at] < sections[s].end; ++at)
            if (!sections[s].fixed_first || path[at] > sections[s].begin) starts.push_back(path[at] - s);
    return starts;
}

}  // namespace pil_kmeans
