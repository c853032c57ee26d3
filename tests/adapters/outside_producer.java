import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Kafka's own producer with its own partitioner: sends a record per line of the input, `key TAB value`, and prints
 * `partition offset` for each. The mode is `plain`, or `commit` or `abort` of one transaction over all of them.
 */
class OutsideProducer {
  public static void main(String[] args) throws Exception {
    String brokers = args[0], topic = args[1], compression = args[2], mode = args[3];
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("compression.type", compression);
    settings.put("linger.ms", "20");
    settings.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    settings.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    if (!mode.equals("plain")) settings.put("transactional.id", "outside-" + System.nanoTime());
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings)) {
      if (!mode.equals("plain")) {
        producer.initTransactions();
        producer.beginTransaction();
      }
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      BufferedReader input = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        int tab = line.indexOf('\t');
        String key = tab == 0 ? null : line.substring(0, tab);
        sent.add(producer.send(new ProducerRecord<>(topic, key, line.substring(tab + 1))));
      }
      producer.flush();
      for (Future<RecordMetadata> one : sent) System.out.println(one.get().partition() + " " + one.get().offset());
      if (mode.equals("commit")) producer.commitTransaction();
      if (mode.equals("abort")) producer.abortTransaction();
    }
  }
}
