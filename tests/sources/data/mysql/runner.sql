SET NAMES utf8mb4;
create database hrun;
use hrun;

DROP TABLE IF EXISTS `DebugTalk`;
CREATE TABLE `DebugTalk` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `create_time` datetime(6) NOT NULL,
  `debugtalk` longtext,
  `belong_project_id` int(11) NOT NULL,
  PRIMARY KEY (`id`),
  KEY `DebugTalk_belong_project_id` (`belong_project_id`) USING BTREE,
  CONSTRAINT `DebugTalk_belong_project_id` FOREIGN KEY (`belong_project_id`) REFERENCES `ProjectInfo` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8 ROW_FORMAT=COMPACT;

CREATE TABLE `EnvInfo` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `env_name` varchar(40) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `env_name` (`env_name`) USING BTREE
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8 ROW_FORMAT=COMPACT COMMENT='env';
