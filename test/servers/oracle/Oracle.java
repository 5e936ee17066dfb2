import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.antlr.runtime.ANTLRStringStream;
import org.antlr.runtime.Token;
import org.apache.cassandra.config.DatabaseDescriptor;
import org.apache.cassandra.cql3.CQLFragmentParser;
import org.apache.cassandra.cql3.CqlLexer;
import org.apache.cassandra.cql3.CqlParser;
import org.apache.cassandra.cql3.functions.FunctionName;
import org.apache.cassandra.transport.CBUtil;

/**
 * Tells what the server's own lexer and parser make of CQL texts. In: a line of base64 for each text. Out: a line of JSON
 * for each, {"accepted":false} or the statement's class, its first words and the names in it. For Cassandra 3.11 to 5.0:
 * classes that are not in all of them are reached by their names.
 */
public class Oracle {
    private static final int FIRST_WORDS = 3;
    /** Fields that hold names as plain text; those with `$` belong to DESCRIBE without the kind of what it names. */
    private static final Set<String> KEYSPACE_FIELDS = Set.of("keyspace", "keyspaceName", "val$keyspace");
    private static final Set<String> NAME_FIELDS = Set.of("name", "val$name");
    /** Classes of qualified names, and the method that gives the part behind the keyspace; CFName is of 3.11. */
    private static final Map<String, String> QUALIFIED_NAMES =
            Map.of("QualifiedName", "getName", "UTName", "getStringTypeName", "CFName", "getColumnFamily");
    private static final Set<String> CONDITIONS = Set.of("conditions", "ifExists", "ifNotExists");

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(System.err); // What the server's classes print is no answer.
        DatabaseDescriptor.clientInitialization(false);
        ObjectMapper json = new ObjectMapper().configure(JsonGenerator.Feature.ESCAPE_NON_ASCII, true);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line; (line = in.readLine()) != null; ) {
            out.println(json.writeValueAsString(judge(Base64.getDecoder().decode(line))));
            out.flush();
        }
    }

    private static Map<String, Object> judge(byte[] bytes) {
        Map<String, Object> verdict = new LinkedHashMap<>();
        try {
            String text = decode(bytes);
            Object statement = CQLFragmentParser.parseAnyUnhandled(CqlParser::query, text);
            verdict.put("accepted", true);
            verdict.put("words", words(text));
            describe(statement, verdict);
        } catch (Throwable refusal) {
            verdict.clear();
            verdict.put("accepted", false);
            verdict.put("kind", refusal.getClass().getSimpleName());
            verdict.put("message", String.valueOf(refusal.getMessage()));
        }
        return verdict;
    }

    /** As the server reads the text of a QUERY: malformed UTF-8 is refused. */
    private static String decode(byte[] bytes) {
        ByteBuf body = Unpooled.buffer(4 + bytes.length);
        body.writeInt(bytes.length);
        body.writeBytes(bytes);
        return CBUtil.readLongString(body);
    }

    private static List<String> words(String text) {
        CqlLexer lexer = new CqlLexer(new ANTLRStringStream(text));
        List<String> words = new ArrayList<>();
        for (Token token = lexer.nextToken(); token.getType() != Token.EOF; token = lexer.nextToken()) {
            if (token.getChannel() != Token.DEFAULT_CHANNEL) continue;
            words.add(CqlParser.tokenNames[token.getType()]);
            if (words.size() == FIRST_WORDS) break;
        }
        return words;
    }

    /** The class, the names in its fields, whether it depends on a condition (or IF EXISTS), and the children of a batch. */
    private static void describe(Object statement, Map<String, Object> to) throws ReflectiveOperationException {
        String className = statement.getClass().getName();
        to.put("class", className.substring(className.lastIndexOf('.') + 1));
        Map<String, Object> names = new LinkedHashMap<>();
        List<Object> children = new ArrayList<>();
        boolean conditional = false;
        for (Class<?> type = statement.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) continue;
                field.setAccessible(true);
                String key = field.getName();
                Object value = field.get(statement);
                String[] name = nameIn(key, value);
                if (name != null) names.put(key, name);
                else if (CONDITIONS.contains(key)) conditional |= isSet(value);
                else if (key.equals("parsedStatements")) children.addAll(describeAll((Collection<?>) value));
            }
        }
        to.put("names", names);
        to.put("conditional", conditional);
        to.put("children", children);
    }

    private static List<Object> describeAll(Collection<?> statements) throws ReflectiveOperationException {
        List<Object> reports = new ArrayList<>();
        for (Object statement : statements) {
            Map<String, Object> report = new LinkedHashMap<>();
            describe(statement, report);
            reports.add(report);
        }
        return reports;
    }

    /** Keyspace and name, either of which may be null; null where the field holds no name of that kind. */
    private static String[] nameIn(String key, Object value) throws ReflectiveOperationException {
        if (value == null) return null;
        String getter = QUALIFIED_NAMES.get(value.getClass().getSimpleName());
        if (getter != null) return new String[] {ask(value, "getKeyspace"), ask(value, getter)};
        if (value instanceof FunctionName) return new String[] {((FunctionName) value).keyspace, ((FunctionName) value).name};
        if (!(value instanceof String)) return null;
        if (KEYSPACE_FIELDS.contains(key)) return new String[] {(String) value, null};
        return NAME_FIELDS.contains(key) ? new String[] {null, (String) value} : null;
    }

    private static String ask(Object name, String getter) throws ReflectiveOperationException {
        Method method = name.getClass().getMethod(getter);
        method.setAccessible(true); // 3.11 declares some in a class that is not public.
        return (String) method.invoke(name);
    }

    private static boolean isSet(Object value) {
        return value instanceof Collection ? !((Collection<?>) value).isEmpty() : Boolean.TRUE.equals(value);
    }
}
