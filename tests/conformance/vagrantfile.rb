# Reads files named on standard input, one a line, as Ruby reads them: first the words that are in them (all but our own
# are refused), then what they call. Writes one line of JSON for each file. Nothing of Vagrant is needed.
require 'json'
require 'ripper'

$VERBOSE = true
WORDS = {
  on_ident: %w[require_relative configure config lab new segment machine nic m],
  on_const: %w[Vagrant Netdsl Lab],
  on_kw: %w[do end true false nil]
}.freeze
TOKENS = %i[on_comment on_ident on_const on_kw on_label on_int on_sp on_nl on_ignored_nl on_period on_op on_comma
            on_lparen on_rparen on_tstring_beg on_tstring_content on_tstring_end].freeze
OPERATORS = %w[= | ::].freeze

def strange(source)
  Ripper.lex(source).find do |(_, kind, text, _)|
    !TOKENS.include?(kind) || (WORDS.key?(kind) && !WORDS[kind].include?(text)) ||
      (kind == :on_op && !OPERATORS.include?(text)) || (kind == :on_tstring_beg && !%w[' "].include?(text))
  end
end

# What is told, in the order of telling.
module Netdsl
  TOLD = []

  class Lab
    def initialize(_config, **said) = TOLD << ['lab', said]
    def segment(name, **said) = TOLD << ['segment', name, said]

    def machine(name, **said)
      TOLD << ['machine', name, said]
      yield self
    end

    def nic(segment, **said) = TOLD << ['nic', segment, said]
  end
end

module Vagrant
  def self.configure(version)
    raise version unless version == '2'

    yield :config
  end
end

def require_relative(path) = Netdsl::TOLD << ['require', path]

# Bytes as numbers where they are no text, which JSON cannot hold.
def plain(value)
  case value
  when Array then value.map { |each| plain(each) }
  when Hash then value.transform_values { |each| plain(each) }
  when String then value.valid_encoding? ? value : { bytes: value.bytes }
  else value
  end
end

$stdin.each_line(chomp: true) do |path|
  source = File.read(path, encoding: 'UTF-8')
  odd = strange(source)
  raise "#{path}: #{odd.inspect}" if odd

  Netdsl::TOLD.clear
  load path
  puts JSON.generate(plain(Netdsl::TOLD))
end
