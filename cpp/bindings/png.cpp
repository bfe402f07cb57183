#include "kernels/png/block_ends.hpp"
#include "kernels/png/deflate.hpp"
#include "kernels/png/deflate_join.hpp"
#include "kernels/png/palette_order.hpp"
#include "kernels/png/row_filters.hpp"

#include <algorithm>

#include "bindings/arrays.hpp"
#include "kernels/base/labels.hpp"
#include "kernels/base/team.hpp"
#include "kernels/png/huffman.hpp"
#include "kernels/png/rate_distortion.hpp"

namespace pil_kmeans::bindings {
namespace {

using Bytes2D = In<std::uint8_t, nb::ndim<2>>;
using Counts = In<std::int32_t, nb::ndim<2>>;

void check_entries(std::size_t n_entries) {
    if (n_entries < 1 || n_entries > kMaxEntries) throw nb::value_error("a palette has 1 to 256 entries");
}

auto neighbor_counts(const Bytes2D& indices, std::size_t n_entries) {
    check_entries(n_entries);
    const std::size_t height = indices.shape(0), width = indices.shape(1);
    if (height * width == 0) throw nb::value_error("a picture has pixels");
    Buffer<std::int32_t> counts(n_entries * n_entries);
    {
        const nb::gil_scoped_release unlocked;
        if (!all_below(indices.data(), height * width, n_entries))
            throw std::invalid_argument("an index is beyond the palette");
        count_neighbors(indices.data(), height, width, n_entries, counts.begin());
    }
    return to_numpy(std::move(counts), {n_entries, n_entries});
}

void check_counts(const std::int32_t* counts, std::size_t n_entries) {
    std::int64_t sum = 0;
    for (std::size_t a = 0; a < n_entries; ++a) {
        for (std::size_t b = 0; b < n_entries; ++b) {
            const std::int32_t count = counts[a * n_entries + b];
            if (count < 0 || count != counts[b * n_entries + a] || (a == b && count != 0))
                throw std::invalid_argument("counts must be symmetric, not negative, and zero on the diagonal");
            sum += count;
        }
        if (sum > kMaxTotal) throw std::invalid_argument("counts are too large");
    }
}

auto ordered(const Counts& counts, std::size_t n_first, std::size_t n_trials) {
    const std::size_t n_entries = counts.shape(0);
    check_entries(n_entries);
    same_length(n_entries, counts.shape(1), "rows and columns of counts");
    if (n_first > n_entries) throw nb::value_error("n_first is beyond the palette");
    Buffer<std::uint8_t> order(n_entries);
    {
        const nb::gil_scoped_release unlocked;
        check_counts(counts.data(), n_entries);
        palette_order(counts.data(), n_entries, n_first, n_trials, order.begin());
    }
    return to_numpy(std::move(order));
}

auto filtered_rows(const Bytes2D& rows, std::size_t pixel_bytes, const Vector<std::uint8_t>& types,
                   std::uint8_t measure) {
    const std::size_t n_rows = rows.shape(0), n_bytes = rows.shape(1);
    const std::uint8_t *first = types.data(), *last = first + types.shape(0);
    if (first == last || !all_below(first, types.shape(0), kRowFilters))
        throw nb::value_error("types must be one or more of 0 to 4");
    if (pixel_bytes < 1 || pixel_bytes > kMostPixelBytes) throw nb::value_error("a pixel has 1 to 4 bytes");
    if (measure >= kRowMeasures) throw nb::value_error("measure must be 0 to 2");
    if (n_bytes >> 31) throw nb::value_error("a row is too long");
    Buffer<std::uint8_t> filtered(n_rows * (1 + n_bytes));
    {
        const nb::gil_scoped_release unlocked;
        filter_rows(rows.data(), n_rows, n_bytes, pixel_bytes, reinterpret_cast<const RowFilter*>(first),
                    types.shape(0), static_cast<RowMeasure>(measure), filtered.begin());
    }
    return to_numpy(std::move(filtered), {n_rows, 1 + n_bytes});
}

void check_begun(unsigned begun, std::size_t n_bits) {
    if (n_bits > 7 || begun > 255) throw nb::value_error("what is begun is less than a byte");
}

// Streams of deflate, of consecutive parts, as one, or as more of one: behind the last byte of what there is, of which
// `n_bits` bits count. Also how many of its own last byte do, 0 for all.
auto joined(const std::vector<nb::bytes>& parts, unsigned begun, std::size_t n_bits, bool ends, int n_threads) {
    check_begun(begun, n_bits);
    std::vector<std::span<const std::uint8_t>> streams;
    for (const nb::bytes& part : parts)
        streams.emplace_back(static_cast<const std::uint8_t*>(part.data()), part.size());
    Joined whole;
    {
        const nb::gil_scoped_release unlocked;
        std::vector<LastBlock> blocks(streams.size());
        Team(n_threads).run(streams.size(), [&](std::size_t i, std::size_t) { blocks[i] = last_block(streams[i]); });
        whole = join_streams(streams, blocks, static_cast<std::uint8_t>(begun), n_bits, ends);
    }
    return nb::make_tuple(nb::bytes(whole.bytes.data(), whole.bytes.size()), whole.n_bits);
}

// Symbols of deflate as they are told by `choose_indices`, from each start to the next kNoSymbol a block or more, as
// one stream or more of one, as `joined` makes it. Literals become what `lookup` says.
auto stream_of(const Vector<std::uint32_t>& symbols, const Vector<std::int64_t>& starts,
               const Vector<std::uint8_t>& lookup, unsigned begun, std::size_t n_bits, bool ends, int n_threads) {
    check_begun(begun, n_bits);
    same_length(kLiterals, lookup.shape(0), "lookup and literals");
    const std::size_t n = symbols.shape(0);
    if (n == 0 || symbols.data()[n - 1] != kNoSymbol) throw nb::value_error("symbols have no end");
    std::vector<std::vector<std::uint8_t>> streams(starts.shape(0));
    std::vector<LastBlock> blocks(streams.size());
    Joined whole;
    {
        const nb::gil_scoped_release unlocked;
        Team(n_threads).run(streams.size(), [&](std::size_t i, std::size_t) {
            const std::int64_t start = starts.data()[i];
            if (start < 0 || static_cast<std::size_t>(start) >= n) throw std::invalid_argument("a start is beyond");
            const std::uint32_t* end = symbols.data() + start;
            while (*end != kNoSymbol) ++end;
            std::vector<Symbol> own;
            own.reserve(static_cast<std::size_t>(end - symbols.data() - start));
            for (const std::uint32_t* symbol = symbols.data() + start; symbol != end; ++symbol) {
                const std::uint32_t length = *symbol & 0xffff, distance = *symbol >> 16;
                const bool is_match = length >= kShortestMatch && length <= kLongestMatch && distance <= kWindow;
                if (distance ? !is_match : length >= kLiterals) throw std::invalid_argument("no symbol of deflate");
                own.push_back({static_cast<std::uint16_t>(distance ? length : lookup.data()[length]),
                               static_cast<std::uint16_t>(distance)});
            }
            BitWriter out;
            std::size_t from = 0, begin = 0;
            for (const std::size_t to : block_ends(own)) {
                const auto part = std::span(own).subspan(from, to - from);
                begin = out.n_bits();
                Block(counts_of(part), false).write(part, to == own.size(), out);
                from = to;
            }
            blocks[i] = {begin, out.n_bits(), false};
            streams[i] = out.take();
        });
        whole = join_streams({streams.begin(), streams.end()}, blocks, static_cast<std::uint8_t>(begun), n_bits, ends);
    }
    return nb::make_tuple(nb::bytes(whole.bytes.data(), whole.bytes.size()), whole.n_bits);
}

// Bytes as a stream of deflate.
nb::bytes deflated(const Vector<std::uint8_t>& data, std::size_t n_rounds) {
    if (data.shape(0) > kMostDeflated) throw nb::value_error("data is too long");
    if (n_rounds < 1) throw nb::value_error("n_rounds must be at least 1");
    std::vector<std::uint8_t> stream;
    {
        const nb::gil_scoped_release unlocked;
        stream = deflate({data.data(), data.shape(0)}, n_rounds);
    }
    return nb::bytes(stream.data(), stream.size());
}

}  // namespace

void register_png(nb::module_& module) {
    using namespace nb::literals;
    module.def("deflate", &deflated, "data"_a.noconvert(), "n_rounds"_a);
    module.def("deflate_symbols", &stream_of, "symbols"_a.noconvert(), "starts"_a.noconvert(), "lookup"_a.noconvert(),
               "begun"_a, "n_bits"_a, "ends"_a, "n_threads"_a);
    module.def("join_deflate", &joined, "parts"_a, "begun"_a, "n_bits"_a, "ends"_a, "n_threads"_a);
    module.def("neighbor_counts", &neighbor_counts, "indices"_a.noconvert(), "n_entries"_a);
    module.def("palette_order", &ordered, "counts"_a.noconvert(), "n_first"_a, "n_trials"_a);
    module.def("filter_rows", &filtered_rows, "rows"_a.noconvert(), "pixel_bytes"_a, "types"_a.noconvert(),
               "measure"_a);
}

}  // namespace pil_kmeans::bindings
