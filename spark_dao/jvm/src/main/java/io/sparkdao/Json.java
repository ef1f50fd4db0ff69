package io.sparkdao;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads and makes the JSON that is spoken with the resolver. */
final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static ArrayNode array(Iterable<String> items) {
    ArrayNode array = MAPPER.createArrayNode();
    items.forEach(array::add);
    return array;
  }

  static ObjectNode object(Map<String, String> entries) {
    ObjectNode object = object();
    entries.forEach(object::put);
    return object;
  }

  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
      throw new IllegalStateException("Spark gave a schema that is no JSON", error);
    }
  }

  static boolean isNull(JsonNode node) {
    return node == null || node.isNull();
  }

  static String text(JsonNode object, String field) {
    return isNull(object.get(field)) ? null : object.get(field).asText();
  }

  static List<String> strings(JsonNode array) {
    List<String> result = new ArrayList<>();
    if (!isNull(array)) {
      array.forEach(item -> result.add(item.asText()));
    }
    return result;
  }

  static Map<String, String> stringMap(JsonNode object) {
    Map<String, String> result = new LinkedHashMap<>();
    if (!isNull(object)) {
      object.fields().forEachRemaining(entry -> result.put(entry.getKey(), plain(entry.getValue())));
    }
    return result;
  }

  private static String plain(JsonNode value) {
    return value.isValueNode() ? value.asText() : value.toString();
  }
}
