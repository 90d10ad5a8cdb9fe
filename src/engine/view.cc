#include "engine/view.h"

#include <algorithm>

namespace tarn::engine {

std::shared_ptr<const View> View::take(const tail::Tail& tail, catalog::Catalog& catalog) {
  std::shared_ptr<const tail::TailState> rows = tail.snapshot();
  return std::shared_ptr<const View>(new View(std::move(rows), catalog.state(), catalog));
}

std::shared_ptr<const View> View::of_files(std::shared_ptr<const catalog::State> state, catalog::Catalog& catalog) {
  return std::shared_ptr<const View>(new View(nullptr, std::move(state), catalog));
}

Result<TableView> View::table(const catalog::TableName& name) const {
  TableView view;
  view.table = state_->find(name);
  if (!view.table) return fail(Code::kNotFound, "relation \"" + catalog::to_string(name) + "\" does not exist");
  TARN_ASSIGN(view.files, catalog_.data_files(*view.table));
  if (!tail_) return view;
  for (const tail::Source& source : tail_->sources(view.table->uuid)) {
    Offset landed = state_->landed_end({source.table, source.source, source.partition});
    for (const tail::DecodedRange& range : tail_->ranges(source)) {
      if (range.from < landed) continue;  // landed since the tail was looked at
      for (const tail::TableRows& rows : range.rows) {
        if (rows.table == view.table->uuid) view.chunks.push_back(rows.chunk);
      }
    }
  }
  return view;
}

std::vector<const tail::Chunk*> View::chunks() const {
  std::vector<const tail::Chunk*> chunks;
  if (!tail_) return chunks;
  for (const std::string& name_space : state_->namespaces()) {
    for (const auto& table : state_->tables(name_space)) {
      for (const tail::Source& source : tail_->sources(table->uuid)) {
        for (const tail::DecodedRange& range : tail_->ranges(source)) {
          for (const tail::TableRows& rows : range.rows) chunks.push_back(rows.chunk.get());
        }
      }
    }
  }
  std::ranges::sort(chunks);  // a range of a table and its dead letters came twice
  auto [first, last] = std::ranges::unique(chunks);
  chunks.erase(first, last);
  return chunks;
}

}  // namespace tarn::engine
