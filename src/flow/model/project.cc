#include "flow/model/project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

#include "flow/model/properties.h"
#include "flow/model/settings.h"

namespace tarn::flow::model {
namespace {

// A file found below the project.
struct Found {
  std::string file;                  // relative to the project
  std::vector<std::string> folders;  // below the folder that was walked
  std::string stem, extension;       // "rides", ".sql"
};

class Reader {
 public:
  Reader(host::Files& files, Project& project) : files_(files), project_(project), properties_(project) {}

  Result<void> read() {
    TARN_TRY(read_project_file());
    SettingsTree models(std::string(kProjectFile), root_.find("models"), kModelConfigKeys, project_.findings);
    const Yaml* tests = root_.find("data_tests") ? root_.find("data_tests") : root_.find("tests");
    SettingsTree data_tests(std::string(kProjectFile), tests, kTestConfigKeys, project_.findings);
    for (const std::string& folder : paths("model-paths", {"models"})) TARN_TRY(read_models(folder, models));
    for (const std::string& folder : paths("test-paths", {"tests"})) TARN_TRY(read_singulars(folder, data_tests));
    TARN_TRY(refuse_what_is_not_read());
    properties_.apply();
    apply_test_settings(data_tests);
    models.note_unused(project_.findings);
    data_tests.note_unused(project_.findings);
    refuse_twins();
    return {};
  }

 private:
  Result<std::string> text_of(const std::string& file, std::size_t bytes_max) {
    TARN_ASSIGN(Buffer content, host::read_file(files_, host::join(project_.folder, file), Bytes(bytes_max)));
    return std::string(as_text(content));
  }

  Result<Yaml> yaml_of(const std::string& file) {
    TARN_ASSIGN(std::string text, text_of(file, kYamlBytesMax));
    return parse_yaml(file, text);
  }

  void wrong(const Yaml& value, std::string message) {
    project_.findings.problems.add({std::string(kProjectFile), value.line, value.column}, std::move(message));
  }

  Result<void> read_project_file() {
    std::string file(kProjectFile);
    TARN_ASSIGN(bool there, files_.exists(host::join(project_.folder, file)));
    if (!there)
      return fail(Code::kNotFound,
                  fmt::format("{} has no {}; `tarn init` makes a project, or name its folder", project_.folder, file));
    TARN_ASSIGN(root_, yaml_of(file));
    if (!root_.is_map()) return fail(Code::kInvalidArgument, fmt::format("{}: expected `name: ...`", file));
    for (const YamlEntry& entry : root_.entries)
      check_key(entry.key, {file, entry.line, entry.column}, "key", kProjectKeys, project_.findings);
    const Yaml* name = root_.find("name");
    if (!name || !name->is_scalar() || name->text.empty()) {
      std::vector<std::string> lines = project_.findings.problems.lines();  // an unknown key may be it, misspelt
      lines.push_back(fmt::format("{}: the project has no `name`; write `name: ...` into it", file));
      return fail(Code::kInvalidArgument, fmt::format("{}", fmt::join(lines, "\n")));
    }
    project_.name = name->text;
    read_vars();
    return {};
  }

  // `vars: {a: 1, my_project: {b: 2}}`: a map under the project's name is its own, under another's someone else's.
  void read_vars() {
    const Yaml* vars = root_.find("vars");
    if (!vars || vars->is_null()) return;
    if (!vars->is_map()) return wrong(*vars, "`vars` takes `name: value` lines");
    for (const YamlEntry& entry : vars->entries)
      if (entry.key != project_.name || !entry.value.is_map()) project_.vars.push_back(entry);
    const Yaml* own = vars->find(project_.name);
    if (own && own->is_map())
      for (const YamlEntry& entry : own->entries) project_.vars.push_back(entry);
  }

  std::vector<std::string> paths(std::string_view key, std::vector<std::string> usual) {
    const Yaml* list = root_.find(key);
    if (!list || list->is_null()) return usual;
    std::vector<std::string> all;
    for (const Yaml& item : list->items) {
      if (!item.is_scalar() || item.text.starts_with('/') || item.text.find("..") != std::string::npos)
        wrong(item, "a path is a folder below the project");
      else
        all.push_back(item.text);
    }
    if (!list->is_list()) wrong(*list, fmt::format("`{}` takes a list: [\"{}\"]", key, usual[0]));
    return all;
  }

  Result<std::vector<Found>> walk(const std::string& folder) {
    std::vector<Found> found;
    TARN_ASSIGN(bool there, files_.exists(host::join(project_.folder, folder)));
    if (there) TARN_TRY(walk(folder, {}, found));
    return found;
  }

  Result<void> walk(const std::string& folder, const std::vector<std::string>& below, std::vector<Found>& found) {
    if (below.size() > kFolderDepthMax)
      return fail(Code::kLimit, fmt::format("{}: folders deeper than {}", folder, kFolderDepthMax));
    TARN_ASSIGN(auto entries, files_.list(host::join(project_.folder, folder)));
    for (const host::DirEntry& entry : entries) {
      if (entry.name.starts_with('.')) continue;
      std::string path = host::join(folder, entry.name);
      if (entry.is_dir) {
        std::vector<std::string> deeper = below;
        deeper.push_back(entry.name);
        TARN_TRY(walk(path, deeper, found));
        continue;
      }
      if (++files_seen_ > kFilesMax)
        return fail(Code::kLimit, fmt::format("more than {} files in the project", kFilesMax));
      std::size_t dot = std::min(entry.name.rfind('.'), entry.name.size());
      found.push_back({path, below, entry.name.substr(0, dot), entry.name.substr(dot)});
    }
    return {};
  }

  std::vector<std::string> in_project(const std::vector<std::string>& folders) const {
    std::vector<std::string> all{project_.name};
    all.insert(all.end(), folders.begin(), folders.end());
    return all;
  }

  Result<void> read_models(const std::string& folder, SettingsTree& settings) {
    TARN_ASSIGN(auto found, walk(folder));
    for (const Found& file : found) {
      if (file.extension == ".sql") {
        if (project_.models.size() >= kModelsMax)
          return fail(Code::kLimit, fmt::format("more than {} models in one project", kModelsMax));
        TARN_ASSIGN(std::string text, text_of(file.file, kModelBytesMax));
        auto folders = in_project(file.folders);
        project_.models.push_back(
            {file.stem, file.file, folders, std::move(text), settings.of(folders, file.stem), {}, {}});
      } else if (file.extension == ".yml" || file.extension == ".yaml") {
        TARN_TRY(read_properties(file));
      } else if (file.extension == ".py") {
        project_.findings.problems.add({file.file}, "models in Python are not run; write it in SQL");
      }
    }
    return {};
  }

  Result<void> read_properties(const Found& file) {
    auto root = yaml_of(file.file);
    if (root) {
      properties_.read(file.file, in_project(file.folders), *root);
      return {};
    }
    if (root.error().code != Code::kInvalidArgument) return std::unexpected(root.error());
    project_.findings.problems.add_located(root.error().message);
    return {};
  }

  Result<void> read_singulars(const std::string& folder, SettingsTree& settings) {
    TARN_ASSIGN(auto found, walk(folder));
    for (const Found& file : found) {
      if (file.extension == ".yml" || file.extension == ".yaml") TARN_TRY(read_properties(file));
      if (file.extension != ".sql") continue;
      if (!file.folders.empty() && file.folders[0] == "generic") {
        project_.findings.problems.add(
            {file.file, 1},
            "tests of one's own kind (macros) are not supported yet; write the query as a test "
            "in tests/");
        continue;
      }
      if (project_.singulars.size() >= kTestsMax)
        return fail(Code::kLimit, fmt::format("more than {} tests in one project", kTestsMax));
      TARN_ASSIGN(std::string text, text_of(file.file, kModelBytesMax));
      auto folders = in_project(file.folders);
      project_.singulars.push_back(
          {file.stem, file.file, folders, std::move(text), settings.of(folders, file.stem), {}});
    }
    return {};
  }

  // Macros could change what every other file means: silence would be wrong.
  Result<void> refuse_what_is_not_read() {
    for (const std::string& folder : paths("macro-paths", {"macros"})) {
      TARN_ASSIGN(auto found, walk(folder));
      for (const Found& file : found)
        if (file.extension == ".sql")
          project_.findings.problems.add(
              {file.file, 1},
              "macros are not supported yet; write what it does into the models, or run real "
              "dbt through the Postgres door");
    }
    for (const std::string& folder : paths("seed-paths", {"seeds"}))
      TARN_TRY(note_all(folder, ".csv", "seeds are not loaded"));
    for (const std::string& folder : paths("snapshot-paths", {"snapshots"}))
      TARN_TRY(note_all(folder, "", "snapshots are not taken"));
    for (const char* file : {"packages.yml", "dependencies.yml"}) {
      TARN_ASSIGN(bool there, files_.exists(host::join(project_.folder, file)));
      if (there) project_.findings.notes.add({file}, "packages are not installed");
    }
    return {};
  }

  Result<void> note_all(const std::string& folder, std::string_view extension, const std::string& note) {
    TARN_ASSIGN(auto found, walk(folder));
    for (const Found& file : found)
      if (extension.empty() || file.extension == extension) project_.findings.notes.add({file.file}, note);
    return {};
  }

  // The tree's settings are weaker than the test's own, so they go first.
  void apply_test_settings(SettingsTree& tree) {
    auto apply = [&](std::vector<TestSpec>& tests) {
      for (TestSpec& test : tests) {
        auto settings = tree.of(test.folders, test.name.value_or(test.kind));
        test.settings.insert(test.settings.begin(), settings.begin(), settings.end());
      }
    };
    for (ModelFile& model : project_.models) apply(model.tests);
    for (SourceTable& source : project_.sources) apply(source.tests);
  }

  void refuse_twins() {
    std::map<std::string, const ModelFile*> first;
    for (const ModelFile& model : project_.models) {
      auto [there, fresh] = first.emplace(folded(model.name), &model);
      if (fresh) continue;
      const ModelFile& other = *there->second;
      std::string called = model.name == other.name ? fmt::format("are called `{}`", model.name)
                                                    : fmt::format(
                                                          "differ in case alone, `{}` and `{}`, which SQL takes "
                                                          "for one name",
                                                          model.name, other.name);
      project_.findings.problems.add({model.file, 1},
                                     fmt::format("two models {}: this one and {}; rename one", called, other.file));
    }
  }

  host::Files& files_;
  Project& project_;
  Properties properties_;
  Yaml root_;
  std::size_t files_seen_ = 0;
};

}  // namespace

std::string folded(std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

Result<Project> read_project(host::Files& files, const std::string& folder) {
  TARN_ASSIGN(bool there, files.exists(folder));
  if (!there) return fail(Code::kNotFound, fmt::format("no folder {}", folder));
  Project project;
  project.folder = folder;
  TARN_TRY(Reader(files, project).read());
  return project;
}

}  // namespace tarn::flow::model
