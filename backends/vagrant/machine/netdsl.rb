# What is the same for all labs: the providers' options, and the provisioner that puts a node into its machine.
# The folder around it, and what a Vagrantfile says: backends/vagrant/README.md of netdsl.

require 'fileutils'
require 'ipaddr'
require 'rbconfig'
require 'rubygems/package'
require 'stringio'
require 'tempfile'

unless defined?(Netdsl::Lab)
  module Netdsl
    HERE = File.expand_path(__dir__)

    # Debian 13, by processor and provider. netdsl's own box comes first where it is installed (tools/vagrant-box).
    OWN_BOX = 'netdsl/debian-13'.freeze
    BOXES = {
      %w[amd64 libvirt] => 'cloud-image/debian-13',
      %w[amd64 virtualbox] => 'bento/debian-13',
      %w[arm64 libvirt] => 'cloud-image/debian-13',
      %w[arm64 virtualbox] => 'bento/debian-13'
    }.freeze

    # For one option of QEMU that vagrant-libvirt has no setting for; its template puts a feature into the machine's
    # description as it is. Without it each machine's translated code grows to 1 GiB of the host's memory.
    TCG_FEATURES = ['acpi', 'apic', 'pae', "tcg><tb-cache unit='MiB'>64</tb-cache></tcg><vmcoreinfo"].freeze
    TCG_FEATURES_ARM = ['acpi', 'gic', "tcg><tb-cache unit='MiB'>64</tb-cache></tcg><vmcoreinfo"].freeze

    # What this host is and has. Each is asked once for a run of Vagrant, and only when a provider needs it.
    module Host
      class << self
        def processor
          @processor ||= /arm|aarch64/.match?(RbConfig::CONFIG['host_cpu']) ? 'arm64' : 'amd64'
        end

        # 'kvm' or 'tcg'.
        def accelerator(written)
          chosen = ENV['NETDSL_ACCELERATOR'].to_s
          chosen = written.to_s if chosen.empty?
          return chosen if %w[kvm tcg].include?(chosen)
          raise Failed, "NETDSL_ACCELERATOR is kvm or tcg, not '#{chosen}'" unless chosen.empty?

          @accelerator ||= kvm? ? 'kvm' : 'tcg'
        end

        # The name of the box: as given in the environment, as written, netdsl's own, a public one.
        def box(written, provider)
          given = ENV['NETDSL_BOX'].to_s
          return given unless given.empty?

          written || (own_box?(provider) ? OWN_BOX : BOXES.fetch([processor, provider]))
        end

        private

        # libvirt knows best: it may not see a /dev/kvm that is there, as that runs no guest (tools/hypervisor).
        def kvm?
          require 'libvirt'
          connection = ::Libvirt.open_read_only(ENV.fetch('LIBVIRT_DEFAULT_URI', 'qemu:///system'))
          begin
            connection.capabilities.include?("<domain type='kvm'")
          ensure
            connection.close
          end
        rescue LoadError, StandardError
          File.writable?('/dev/kvm')
        end

        def own_box?(provider)
          home = ENV.fetch('VAGRANT_HOME', File.join(Dir.home, '.vagrant.d'))
          folder = File.join(home, 'boxes', OWN_BOX.gsub('/', '-VAGRANTSLASH-'))
          Dir.glob(File.join(folder, '*', "{,#{processor}/}#{provider}")).any?
        end
      end
    end

    # A node, as the Vagrantfile has it.
    class Node
      attr_reader :name, :cpus, :memory, :management_mac, :image, :uplink, :nics

      def initialize(name, cpus, memory, management_mac, image, uplink, credentials)
        @name, @cpus, @memory, @management_mac = name, cpus, memory, management_mac
        @image, @uplink, @credentials = image, uplink, credentials
        @nics = []
      end

      # An interface on a segment. `open`: it has to see what is addressed to others.
      def nic(segment, mac:, open: false)
        @nics << [segment, mac, open]
      end

      def credentials?
        @credentials
      end
    end

    # A lab: tells Vagrant of its machines.
    class Lab
      # What makes a machine and a segment known as netdsl's to libvirt (netdsl's leftovers.py reads it).
      TITLE = 'netdsl'.freeze
      DOMAIN = 'netdsl'.freeze

      attr_reader :project, :closed, :management, :payload, :nodes, :credentials, :root

      def initialize(config, name:, project:, provider:, accelerator:, box:, closed:, management:, outside:, payload:, nodes:,
                     credentials:)
        @name = name
        @config, @project, @provider, @accelerator, @box, @closed = config, project, provider, accelerator, box, closed
        @management, @outside = management, outside
        @root = File.dirname(HERE)
        @payload = File.expand_path(payload, @root)
        @nodes = File.expand_path(nodes, @root)
        given = ENV['NETDSL_CREDENTIALS'].to_s
        @credentials = File.expand_path(given.empty? ? credentials : given, @root)
        @mtus = {}
        prefer_provider
        common
      end

      def segment(name, mtu:)
        @mtus[name] = mtu
      end

      def machine(name, box:, cpus:, memory:, management_mac:, image:, uplink:, credentials:)
        node = Node.new(name, cpus, memory, management_mac, image, uplink, credentials)
        yield node if block_given?
        @config.vm.define(vagrant_name(name)) do |machine|
          each_provider(machine) do |provider, settings, override|
            override.vm.box = Host.box(box || @box, provider)
            provider == 'libvirt' ? libvirt(settings, override, node) : virtualbox(settings, override, node)
          end
          machine.vm.provision(:netdsl, type: :netdsl, lab: self, node: node)
        end
      end

      # Where the machine's serial console goes. Vagrant's own folder, beside what it keeps of the machine.
      def console(name)
        node = name.to_s.delete_suffix('.node')
        File.join(File.expand_path(ENV.fetch('VAGRANT_DOTFILE_PATH', '.vagrant'), @root), 'netdsl', "#{node}.console")
      end

      private

      # Vagrant takes a name for the beginning of a machine's id, a hexadecimal number, of any machine of the user's.
      def vagrant_name(node)
        node.match?(/\A[0-9a-f]+\z/) ? "#{node}.node" : node
      end

      # Ahead of what Vagrant would choose by itself, behind `--provider` and VAGRANT_DEFAULT_PROVIDER.
      def prefer_provider
        @config.vm.provider(@provider.to_sym) if @provider
      end

      def common
        @config.vm.box_check_update = false
        @config.vm.guest = :debian
        @config.vm.boot_timeout = 900
        @config.vm.graceful_halt_timeout = 60
        @config.vm.synced_folder '.', '/vagrant', disabled: true
        @config.ssh.insert_key = false
        @config.ssh.shell = 'sh' # what runs for each command; bash as a login shell takes an emulated machine half a second
        @config.ssh.forward_agent = false
      end

      def each_provider(machine)
        %w[libvirt virtualbox].each do |name|
          machine.vm.provider(name.to_sym) { |settings, override| yield name, settings, override }
        end
      end

      # --- libvirt

      def libvirt(settings, override, node)
        settings.default_prefix = "#{@project}_"
        settings.title = "#{TITLE} #{@name}"
        settings.cpus = node.cpus
        settings.memory = node.memory
        settings.nic_adapter_count = node.nics.length + 2
        settings.graphics_type = 'none'
        settings.memballoon_enabled = false
        settings.disk_driver cache: 'unsafe'
        settings.serial type: 'file', source: { path: console(node.name) }
        libvirt_processor(settings)
        libvirt_management(settings, node)
        node.nics.each do |segment, mac, _open|
          override.vm.network :private_network, auto_config: false, mac: mac, mtu: @mtus[segment],
            libvirt__network_name: segment, libvirt__forward_mode: 'veryisolated', libvirt__dhcp_enabled: false,
            libvirt__guest_ipv6: 'yes', libvirt__bridge_stp: false, libvirt__domain_name: DOMAIN
        end
        libvirt_uplink(override, node) if node.uplink
      end

      def libvirt_processor(settings)
        arm = Host.processor == 'arm64'
        settings.machine_type = arm ? 'virt' : 'pc'
        if Host.accelerator(@accelerator) == 'kvm'
          settings.driver = 'kvm'
          settings.cpu_mode = 'host-passthrough'
        else
          settings.driver = 'qemu'
          settings.cpu_mode = 'custom'
          settings.cpu_model = arm ? 'cortex-a57' : 'Nehalem'
          settings.cpu_fallback = 'allow'
          settings.features = arm ? TCG_FEATURES_ARM : TCG_FEATURES
        end
      end

      def libvirt_management(settings, node)
        settings.management_network_name = "netdsl-#{@project}"
        settings.management_network_address = @management
        settings.management_network_mode = @closed ? 'none' : 'nat'
        settings.management_network_mac = node.management_mac
        settings.management_network_guest_ipv6 = 'no'
        settings.management_network_autostart = false
      end

      # By its address, as vagrant-libvirt finds networks that have one.
      def libvirt_uplink(override, node)
        range = IPAddr.new(@outside)
        override.vm.network :private_network, auto_config: false, mac: node.uplink,
          ip: range.to_range.first.succ.succ.to_s, netmask: IPAddr.new('255.255.255.255').mask(range.prefix).to_s,
          libvirt__network_name: "netdsl.#{@project}.outside", libvirt__forward_mode: 'nat',
          libvirt__dhcp_enabled: true, libvirt__guest_ipv6: 'no'
      end

      # --- VirtualBox 7

      def virtualbox(settings, override, node)
        override.vm.base_mac = node.management_mac.delete(':').upcase
        settings.name = "#{@project}_#{node.name}"
        settings.cpus = node.cpus
        settings.memory = node.memory
        settings.gui = false
        settings.linked_clone = true
        settings.check_guest_additions = false
        settings.default_nic_type = 'virtio'
        settings.customize ['modifyvm', :id, '--natnet1', @management]
        settings.customize ['modifyvm', :id, '--natdnshostresolver1', 'on']
        virtualbox_console(settings, node)
        node.nics.each_with_index do |(segment, mac, open), index|
          override.vm.network :private_network, auto_config: false, type: 'dhcp', adapter: index + 2,
            mac: mac.delete(':').upcase, virtualbox__intnet: segment
          # To be set up by hand: Vagrant knows no option for it.
          settings.customize ['modifyvm', :id, "--nicpromisc#{index + 2}", 'allow-all'] if open
        end
        virtualbox_uplink(settings, node, node.nics.length + 2) if node.uplink
      end

      def virtualbox_console(settings, node)
        settings.customize ['modifyvm', :id, '--uart1', '0x3F8', '4']
        settings.customize ['modifyvm', :id, '--uartmode1', 'file', console(node.name)]
      end

      # A second NAT adapter, which Vagrant has no word for.
      def virtualbox_uplink(settings, node, number)
        settings.customize ['modifyvm', :id, "--nic#{number}", 'nat']
        settings.customize ['modifyvm', :id, "--nictype#{number}", 'virtio']
        settings.customize ['modifyvm', :id, "--macaddress#{number}", node.uplink.delete(':').upcase]
        settings.customize ['modifyvm', :id, "--natnet#{number}", @outside]
      end
    end

    # What is told to the user is one message, with the machine's name in it.
    class Failed < Vagrant::Errors::VagrantError
      def initialize(message)
        @message = message
        super
      end

      def error_message
        @message
      end
    end

    # What goes into a machine, in one file.
    class Bundle
      # The text of a tar archive. Files are read now.
      def self.of(lab, node)
        new.tap do |bundle|
          bundle.folder(File.join(HERE, 'guest'), 'guest')
          bundle.folder(File.join(HERE, 'images', node.image), 'image')
          bundle.folder(File.join(HERE, 'nodes', node.name), 'machine')
          bundle.folder(lab.payload, 'lab')
          bundle.folder(File.join(lab.nodes, node.name), 'node')
          bundle.folder(File.join(lab.credentials, 'nodes', node.name), 'credentials') if node.credentials?
          bundle.file('closed', "#{lab.closed ? 'yes' : 'no'}\n")
          bundle.file('name', "#{node.name}\n")
          sum = changing[node.name]
          bundle.file('change', "#{sum}\n") if sum
        end.text
      end

      # NAME=SUM of nodes that are changed as they run, from `netdsl up`: see the payload's script.
      def self.changing
        ENV['NETDSL_CHANGE'].to_s.split.filter_map { |each| each.match(/\A(\S+)=(\h{64})\z/)&.captures }.to_h
      end

      def initialize
        @out = StringIO.new(String.new(encoding: Encoding::BINARY))
        @tar = Gem::Package::TarWriter.new(@out)
      end

      def folder(from, to)
        raise Failed, "#{from} is missing: compile the lab again" unless File.directory?(from)

        Dir.glob('**/*', File::FNM_DOTMATCH, base: from).sort.each do |path|
          source = File.join(from, path)
          file("#{to}/#{path}", File.binread(source)) if File.file?(source)
        end
      end

      def file(path, content)
        @tar.add_file_simple(path, 0o600, content.bytesize) { |io| io.write(content) }
      end

      def text
        @tar.close
        @out.string
      end
    end

    # Puts the node into its machine: one file sent over Vagrant's connection, one command.
    class Provisioner < Vagrant.plugin('2', :provisioner)
      PLACE = '/var/tmp/netdsl.tar'.freeze
      COMMAND = "umask 077; rm -rf /run/netdsl-install; mkdir /run/netdsl-install && cd /run/netdsl-install && " \
        "tar -xf #{PLACE}; status=$?; rm -f #{PLACE}; [ $status -eq 0 ] && sh guest/install.sh".freeze

      REFUSED = 4 # by guest/install.sh: the node runs as before, which its last line says; other machines go on

      def provision
        upload(Bundle.of(config.lab, config.node))
        lines = []
        status = @machine.communicate.sudo(COMMAND, error_check: false) { |_, data| tell(data, lines) }
        return if status == REFUSED
        raise Failed, failure(lines) unless status.zero?

        Digests.note(@machine.data_dir, config.node.name)
      end

      private

      def upload(content)
        Tempfile.create('netdsl') do |file| # 0600
          file.binmode
          file.write(content)
          file.close
          @machine.communicate.upload(file.path, PLACE)
        end
      end

      def tell(data, lines)
        fresh = data.to_s.scrub.split("\n").map(&:rstrip).reject(&:empty?)
        lines.concat(fresh)
        fresh.each { |line| @machine.ui.detail(line) }
      end

      def failure(lines)
        "The machine `#{config.node.name}` cannot be set up. Its last lines:\n" +
          lines.last(15).map { |line| "  #{line}" }.join("\n")
      end
    end

    # The provisioner's options, set by Lab alone.
    class Options < Vagrant.plugin('2', :config)
      attr_accessor :lab, :node

      def merge(other)
        other
      end
    end

    # What a machine was made and provisioned from, in Vagrant's folder of it, for `netdsl up`.
    module Digests
      def self.note(folder, name)
        hardware, inside = of(name)
        return unless inside

        folder.join('netdsl-inside').write("#{inside}\n")
        made = folder.join('netdsl-hardware')
        made.write("#{hardware}\n") unless made.exist?
      end

      def self.of(name)
        path = File.join(HERE, 'digests.tsv')
        return unless File.file?(path)

        line = File.foreach(path).find { |each| each.start_with?("#{name}\t") }
        line && line.chomp.split("\t")[1, 2]
      end
    end

    # Around `vagrant up`: the console's file, so that it is the user's, and what it says when the machine does not come.
    class Console
      LINES = 20

      def initialize(app, _env)
        @app = app
      end

      def call(env)
        path = file(env[:machine])
        fresh(path) if path && !env[:machine].state.id.equal?(:running)
        @app.call(env)
      rescue Vagrant::Errors::VagrantError => e
        show(env, path) unless e.is_a?(Failed)
        raise
      end

      private

      def file(machine)
        provisioner = machine.config.vm.provisioners.find { |each| each.type == :netdsl }
        provisioner && provisioner.config.lab.console(machine.name)
      end

      def fresh(path)
        FileUtils.mkdir_p(File.dirname(path))
        File.write(path, '')
      rescue SystemCallError
        nil # another user's: only to be looked at
      end

      def show(env, path)
        return unless path && File.readable?(path)

        lines = File.binread(path).scrub.split("\n").last(LINES)
        return if lines.empty?

        env[:machine].ui.error("`#{env[:machine].name}` did not come up; the end of its console (#{path}):")
        lines.each { |line| env[:machine].ui.error("  #{line.gsub(/[^[:print:]]/, '')}") }
      end
    end

    class Plugin < Vagrant.plugin('2')
      name 'netdsl'

      provisioner(:netdsl) { Provisioner }
      config(:netdsl, :provisioner) { Options }

      %i[machine_action_up machine_action_reload].each do |action|
        action_hook(:netdsl_console, action) { |hook| hook.prepend(Console) }
      end
    end
  end
end
