import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * The Java side of the comparison: Apache Kafka's own message classes.
 *
 * <pre>
 *   Oracle random SEEDS   reads "KEY request|response VERSION" lines; prints SEEDS random messages of each, in hex
 *   Oracle reencode       reads "KEY request|response VERSION HEX" lines; parses, serialises, compares
 * </pre>
 *
 * Which fields a version has, and which of them may be null, comes from each class's public SCHEMAS; values are set
 * through the generated setters. Fields whose setter is not in the schema keep their default.
 */
public final class Oracle {
    private static final HexFormat HEX = HexFormat.of();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        if (args.length == 2 && args[0].equals("random")) {
            int seeds = Integer.parseInt(args[1]);
            for (String line; (line = in.readLine()) != null; ) printRandom(line.split(" "), seeds);
        } else if (args.length == 1 && args[0].equals("reencode")) {
            System.exit(reencode(in) ? 0 : 1);
        } else {
            System.err.println("usage: Oracle random SEEDS | reencode");
            System.exit(2);
        }
    }

    private static ApiMessage newMessage(String key, String kind) {
        ApiMessageType type = ApiMessageType.fromApiKey(Short.parseShort(key));
        return kind.equals("request") ? type.newRequest() : type.newResponse();
    }

    private static void printRandom(String[] words, int seeds) throws Exception {
        short version = Short.parseShort(words[2]);
        for (int seed = 0; seed < seeds; seed++) {
            ApiMessage message = newMessage(words[0], words[1]);
            Schema schema = ((Schema[]) message.getClass().getField("SCHEMAS").get(null))[version];
            new Filler(new Random(seed * 1000L + version)).fill(message, schema);
            System.out.println(String.join(" ", words) + " " + HEX.formatHex(bytes(message, version)));
        }
    }

    private static boolean reencode(BufferedReader in) throws Exception {
        int passed = 0;
        int failed = 0;
        for (String line; (line = in.readLine()) != null; ) {
            String[] words = line.split(" ");
            String hex = words.length > 3 ? words[3] : "";
            short version = Short.parseShort(words[2]);
            String again;
            try {
                ApiMessage message = newMessage(words[0], words[1]);
                ByteBuffer buffer = ByteBuffer.wrap(HEX.parseHex(hex));
                message.read(new ByteBufferAccessor(buffer), version);
                again = buffer.hasRemaining() ? buffer.remaining() + " bytes left over" : HEX.formatHex(bytes(message, version));
            } catch (RuntimeException error) {
                again = error.toString();
            }
            if (again.equals(hex)) {
                passed++;
            } else {
                failed++;
                System.out.println("FAIL " + line + "\n  got " + again);
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        return failed == 0 && passed > 0;
    }

    private static byte[] bytes(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(buffer), cache, version);
        if (buffer.hasRemaining()) throw new IllegalStateException("size() told more than write() wrote");
        return buffer.array();
    }

    private static final class Filler {
        private final Random random;

        Filler(Random random) {
            this.random = random;
        }

        void fill(Object target, Schema schema) throws Exception {
            for (BoundField field : schema.fields()) {
                if (field.def.type instanceof TaggedFields) {
                    for (Map.Entry<Integer, Field> tagged : ((TaggedFields) field.def.type).fields().entrySet()) {
                        if (random.nextInt(3) > 0) set(target, tagged.getValue());
                    }
                } else {
                    set(target, field.def);
                }
            }
        }

        private void set(Object target, Field field) throws Exception {
            Method setter = setter(target, field.name);
            setter.invoke(target, value(field.type, setter.getGenericParameterTypes()[0], setter.getParameterTypes()[0]));
        }

        private static Method setter(Object target, String snakeName) {
            String wanted = "set" + snakeName.replace("_", "");
            for (Method method : target.getClass().getMethods()) {
                if (method.getName().equalsIgnoreCase(wanted)) return method;
            }
            throw new IllegalStateException(target.getClass() + " has no " + wanted);
        }

        private Object value(Type type, java.lang.reflect.Type generic, Class<?> wanted) throws Exception {
            if (type.isNullable() && random.nextInt(4) == 0) return null;
            if (type instanceof Schema) return struct((Schema) type, wanted);
            if (type.isArray()) return array(type.arrayElementType().get(), generic, wanted);
            if (wanted == String.class) return string();
            if (wanted == boolean.class) return random.nextBoolean();
            if (wanted == byte.class) return (byte) random.nextInt();
            if (wanted == short.class) return (short) random.nextInt();
            if (wanted == int.class) return random.nextInt(5) == 0 ? Integer.MIN_VALUE : random.nextInt();
            if (wanted == long.class) return random.nextInt(5) == 0 ? Long.MAX_VALUE : random.nextLong();
            if (wanted == Uuid.class) return random.nextInt(4) == 0 ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
            if (wanted == byte[].class) return randomBytes();
            if (wanted.isAssignableFrom(MemoryRecords.class)) return MemoryRecords.readableRecords(ByteBuffer.wrap(randomBytes()));
            throw new IllegalStateException("no random value for " + type + " as " + wanted);
        }

        private Object struct(Schema schema, Class<?> wanted) throws Exception {
            Object value = wanted.getConstructor().newInstance();
            fill(value, schema);
            return value;
        }

        @SuppressWarnings("unchecked")
        private Object array(Type elementType, java.lang.reflect.Type generic, Class<?> wanted) throws Exception {
            Class<?> element;
            Collection<Object> collection;
            if (wanted == List.class) {
                element = (Class<?>) ((ParameterizedType) generic).getActualTypeArguments()[0];
                collection = new ArrayList<>();
            } else {  // a collection class of its own, keyed: ...Collection extends ImplicitLinkedHashMultiCollection<Element>
                element = (Class<?>) ((ParameterizedType) wanted.getGenericSuperclass()).getActualTypeArguments()[0];
                collection = (Collection<Object>) wanted.getConstructor().newInstance();
            }
            for (int left = random.nextInt(4); left > 0; left--) {
                collection.add(value(elementType, element, primitive(element)));
            }
            return collection;
        }

        private static Class<?> primitive(Class<?> element) {
            if (element == Integer.class) return int.class;
            if (element == Long.class) return long.class;
            if (element == Short.class) return short.class;
            return element;
        }

        private byte[] randomBytes() {
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            return bytes;
        }

        private String string() {
            String[] pieces = {"a", "Z", ".", "-", "\u00e9", "\u20ac", "0", " "};
            StringBuilder text = new StringBuilder();
            for (int left = random.nextInt(4) == 0 ? random.nextInt(300) : random.nextInt(8); left > 0; left--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            return text.toString();
        }
    }
}
