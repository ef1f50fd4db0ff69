package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one scan. They are removed once nobody can need them: when the scan, every plan with it and every RDD
 * that could compute its partitions again have been garbage collected, as Spark itself clears shuffle files
 * ({@code ContextCleaner}). What is still in use when the application ends is removed then.
 */
final class StagedFiles {
  private static final Logger LOG = LoggerFactory.getLogger(StagedFiles.class);
  private static final Cleaner CLEANER = Cleaner.create();

  private final Folder folder;

  StagedFiles(Resolver resolver, String name, JsonNode token) {
    folder = new Folder(resolver, name, token);
    CLEANER.register(this, folder);
  }

  /** Has the files produced; where the query is cancelled meanwhile, they are removed as soon as they are there. */
  List<Path> produce(ObjectNode request) {
    CompletableFuture<JsonNode> answer = LongWork.start(() -> folder.resolver.ask("stage_read", request));
    try {
      JsonNode staged = answer.get();
      folder.path = Json.text(staged, "folder");
      List<Path> files = new ArrayList<>();
      staged.get("files").forEach(file -> files.add(new Path(file.get(0).asText())));
      return files;
    } catch (InterruptedException cancelled) {
      answer.thenAccept(
          staged -> {
            folder.path = Json.text(staged, "folder");
            folder.run();
          });
      throw DaoErrors.unchecked(cancelled);
    } catch (ExecutionException failure) {
      throw DaoErrors.unchecked(failure.getCause());
    }
  }

  /** What is to be removed; refers to nothing that would keep the scan alive. */
  private static final class Folder implements Runnable {
    private final Resolver resolver;
    private final String name;
    private final JsonNode token;
    private volatile String path;

    Folder(Resolver resolver, String name, JsonNode token) {
      this.resolver = resolver;
      this.name = name;
      this.token = token;
    }

    @Override
    public void run() {
      if (path == null) {
        return;
      }
      ObjectNode request = Json.object().put("name", name).put("folder", path);
      request.set("token", token);
      try {
        resolver.ask("release_read", request);
      } catch (Exception failure) {
        LOG.warn("{} was left behind and is removed by `spark-dao sweep`: {}", path, failure.getMessage());
      }
    }
  }
}
